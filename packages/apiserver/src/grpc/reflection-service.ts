import {
  status as Code,
  type MethodDefinition,
  type Server,
  type ServerDuplexStream,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';

const METHOD = 'ServerReflectionInfo';
/** The two are alike but for their names; grpcurl asks for the first, older tools for the second. */
const SERVICES = ['grpc.reflection.v1.ServerReflection', 'grpc.reflection.v1alpha.ServerReflection'];

type Handler = (stream: object) => void;

interface Reflection {
  readonly method: MethodDefinition<object, object>;
  readonly handle: Handler;
}

/** By the service's name. */
type Reflections = ReadonlyMap<string, Reflection>;

/**
 * Adds the reflection services. What they tell, and all the code that they need,
 * is loaded when somebody asks for the first time: few ever do, and it takes as
 * long as a third of an apiserver's start.
 */
export function addReflection(server: Pick<Server, 'addService'>): void {
  let loaded: Promise<Reflections> | undefined;
  const reflectionOf = async (name: string): Promise<Reflection> => {
    loaded ??= loadReflections();
    const reflection = (await loaded).get(name);
    if (!reflection) throw new Error(`@grpc/reflection has no ${name}`);
    return reflection;
  };
  for (const name of SERVICES) {
    server.addService(serviceOfBytes(name), {
      [METHOD]: (call: ServerDuplexStream<Buffer, Buffer>) => {
        reflectionOf(name).then(
          ({ method, handle }) => handle(typedStream(call, method)),
          (error: Error) => call.emit('error', { code: Code.INTERNAL, details: error.message }),
        );
      },
    });
  }
}

/** The service with its messages as they come: their types are not known yet. */
function serviceOfBytes(name: string): ServiceDefinition {
  const asItIs = (bytes: Buffer): Buffer => bytes;
  return {
    [METHOD]: {
      path: `/${name}/${METHOD}`,
      requestStream: true,
      responseStream: true,
      requestSerialize: asItIs,
      requestDeserialize: asItIs,
      responseSerialize: asItIs,
      responseDeserialize: asItIs,
    },
  };
}

async function loadReflections(): Promise<Reflections> {
  const [{ ReflectionService }, { describeProto }] = await Promise.all([
    import('@grpc/reflection'),
    import('@kubelab/runtime/describe-proto'),
  ]);
  const reflections = new Map<string, Reflection>();
  const collector = {
    addService(definition: ServiceDefinition, implementation: UntypedServiceImplementation) {
      const method = definition[METHOD] as MethodDefinition<object, object>;
      reflections.set(method.path.split('/')[1] ?? '', { method, handle: implementation[METHOD] as Handler });
    },
  };
  new ReflectionService(describeProto()).addToServer(collector as unknown as Server);
  return reflections;
}

/** A stream of bytes as the stream of messages that @grpc/reflection takes it for. */
function typedStream(call: ServerDuplexStream<Buffer, Buffer>, method: MethodDefinition<object, object>): object {
  return {
    on(event: string, listener: (argument?: unknown) => void) {
      if (event === 'data') call.on('data', (bytes: Buffer) => listener(method.requestDeserialize(bytes)));
      else call.on(event, listener);
    },
    write: (message: object) => call.write(method.responseSerialize(message)),
    end: () => call.end(),
  };
}
