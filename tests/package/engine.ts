// A minimal engine for one run of a program by Pulumi's own Node runtime (@pulumi/pulumi, cmd/run): it accepts every resource, and
// keeps their URNs.
import { createRequire } from "node:module";
import * as grpc from "@grpc/grpc-js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";

const require = createRequire(import.meta.url);
type Message = Record<string, (...args: unknown[]) => unknown>;
type Proto = Readonly<Record<string, new () => Message>>;
const resource = require("@pulumi/pulumi/proto/resource_pb.js") as Proto;
const engine = require("@pulumi/pulumi/proto/engine_pb.js") as Proto;
const services = {
  monitor: require("@pulumi/pulumi/proto/resource_grpc_pb.js") as { ResourceMonitorService: grpc.ServiceDefinition },
  engine: require("@pulumi/pulumi/proto/engine_grpc_pb.js") as { EngineService: grpc.ServiceDefinition },
};

type Call = { readonly request: Message };
type Done = (error: null, response: unknown) => void;

/** A running engine: its address, the URNs of resources, and what the program logged as an error. */
export interface TestEngine {
  readonly address: string;
  readonly urns: readonly string[];
  readonly errors: readonly string[];
  readonly stop: () => void;
}

function message(proto: Proto, name: string, values: Readonly<Record<string, unknown>> = {}): Message {
  const Class = proto[name];
  if (Class === undefined) throw new TypeError(`no message ${name}`);
  const made = new Class();
  for (const [key, value] of Object.entries(values)) made[`set${key}`]?.(value);
  return made;
}

/** Starts an engine. It answers every other call as not implemented, which the SDK reports as an error. */
export async function startEngine(): Promise<TestEngine> {
  const [urns, errors]: [string[], string[]] = [[], []];
  const server = new grpc.Server();
  const done = (answer: (request: Message) => unknown) => (call: Call, callback: Done) => {
    callback(null, answer(call.request));
  };
  const nothing = done(() => new empty.Empty());
  const implemented = {
    supportsFeature: done(() => message(resource, "SupportsFeatureResponse", { Hassupport: true })),
    registerResource: done((request) => {
      const text = (name: string) => String(request[name]?.());
      const urn = `urn:pulumi:dev::own::${text("getType")}::${text("getName")}`;
      urns.push(urn);
      const values = {
        Urn: urn,
        Id: request["getCustom"]?.() === true ? text("getName") : "",
        Object: request["getObject"]?.(),
      };
      return message(resource, "RegisterResourceResponse", values);
    }),
    registerResourceOutputs: nothing,
    signalAndWaitForShutdown: nothing,
    log: done((request) => {
      // 3: LogSeverity.ERROR
      if (request["getSeverity"]?.() === 3) errors.push(String(request["getMessage"]?.()));
      return new empty.Empty();
    }),
    getRootResource: done(() => message(engine, "GetRootResourceResponse")),
    setRootResource: done(() => message(engine, "SetRootResourceResponse")),
  } as unknown as grpc.UntypedServiceImplementation;
  server.addService(services.monitor.ResourceMonitorService, implemented);
  server.addService(services.engine.EngineService, implemented);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { address: `127.0.0.1:${port}`, urns, errors, stop: () => server.forceShutdown() };
}
