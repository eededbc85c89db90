import { createSupervisorProcess } from './supervisor-process.js';

const supervisor = createSupervisorProcess(process.argv.slice(2));
await supervisor.run();
