import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Callback } from "@pulumi/pulumi/proto/callback_pb.js";
import resproto from "@pulumi/pulumi/proto/resource_pb.js";
import * as debuggable from "@pulumi/pulumi/runtime/debuggable.js";
import * as runtime from "@pulumi/pulumi/runtime/index.js";
import { serializeProperties } from "@pulumi/pulumi/runtime/rpc.js";
import * as state from "@pulumi/pulumi/runtime/state.js";
import structs from "google-protobuf/google/protobuf/struct_pb.js";
import { shortHash, sorted } from "../components/kit/stable.ts";
import { isRecord } from "../components/kit/unknown.ts";
import { publicOutputs } from "./made-up.ts";
import { Transforms } from "./transforms.ts";

/** A value that the program marked as secret. What it holds in a plan is made up: see {@link Outcomes}. */
export class Secret {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** One resource as the program registered it. */
export interface Recorded {
  readonly urn: string;
  /** The type token, such as `kubernetes:core/v1:Secret`. */
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  /** URN of the parent; empty for none. */
  readonly parent: string;
  /** URNs, sorted. */
  readonly dependencies: readonly string[];
  /** URN and id of the provider; empty for the default one. */
  readonly provider: string;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  /** Paths of inputs whose later changes in the program are ignored. Default: none. */
  readonly ignoreChanges?: readonly string[];
  readonly aliases: readonly string[];
  /** Inputs, with secrets as {@link Secret}. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** What a provider would give back for a resource, beyond its inputs. An `id` is its id, by default its name; empty: not known yet. */
export type Outcomes = (type: string, name: string, inputs: Record<string, unknown>) => Record<string, unknown>;

/** A program's configuration: text by key, and which keys are encrypted. */
export interface Config {
  readonly values: Readonly<Record<string, string>>;
  readonly secretKeys: readonly string[];
  /** The project's name, which is part of URNs. Default: `groundplan`. */
  readonly project?: string;
}

/** What running the program gave. */
export interface Recording<Result> {
  readonly resources: readonly Recorded[];
  readonly result: Result;
}

// Exported by the runtime, but missing from its type declarations.
const { getMonitor, rootPulumiStackTypeName, waitForRPCs } = runtime as unknown as {
  getMonitor: () => unknown;
  rootPulumiStackTypeName: string;
  waitForRPCs: () => Promise<void>;
};
const { getStore, setStackResource } = state as unknown as {
  getStore: () => { supportsAliasSpecs: boolean };
  setStackResource: (stack: pulumi.ComponentResource | undefined) => void;
};

// The SDK writes down where each promise was made, for a message about promises that never end: a third of a recording's time.
const debugging = debuggable.default as { debuggablePromise: DebuggablePromise };
const { debuggablePromise } = debugging;
debugging.debuggablePromise = (promise, context) => {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return debuggablePromise(promise, context);
  } finally {
    Error.stackTraceLimit = limit;
  }
};

/**
 * Properties as they go between program and monitor. Both are in this process, so the value itself is handed over, in the order
 * of keys that the wire format gives: to encode and decode it takes a quarter of a recording's time.
 */
class Properties extends structs.Struct {
  readonly #value: JavaScript;

  constructor(value: JavaScript) {
    super();
    this.#value = sorted(value) as JavaScript;
  }

  override toJavaScript(): JavaScript {
    return this.#value;
  }
}

type JavaScript = ReturnType<structs.Struct["toJavaScript"]>;

const fromJavaScript = structs.Struct.fromJavaScript.bind(structs.Struct);
const byReference: typeof fromJavaScript = (value) => new Properties(value);
structs.Struct.fromJavaScript = byReference;

/** Properties in the wire format itself, for transforms: the SDK reads them from bytes. */
export function encoded(value: JavaScript): structs.Struct {
  structs.Struct.fromJavaScript = fromJavaScript;
  try {
    return fromJavaScript(value);
  } finally {
    structs.Struct.fromJavaScript = byReference;
  }
}

/** The SDK puts the text of each response into a message for debugging, shown or not. */
class Response extends resproto.RegisterResourceResponse {
  override toString(): string {
    return this.getUrn();
  }
}

// The marks that Pulumi's wire format puts on secret values (@pulumi/pulumi, runtime/rpc.ts, "specialSigKey").
const mark = "4dabf18193072939515e22adb298388d";
const secretMark = "1b47061264138c4ac30d75fd1eb44270";

/**
 * Runs a Pulumi program in this process against a monitor that records what it registers: no engine, no provider, no cluster.
 *
 * @param outcomes what generated values look like; default {@link madeUp}
 * @throws whatever the program throws, such as a list of wrong settings, and what an outcome throws
 */
export async function record<Result>(
  program: () => Result,
  stack: string,
  config: Config,
  outcomes: Outcomes = madeUp,
): Promise<Recording<Result>> {
  const { project = "groundplan" } = config;
  pulumi.runtime.setAllConfig({ ...config.values }, [...config.secretKeys]);
  await pulumi.runtime.setMocks(
    { call: ({ inputs }) => inputs as object, newResource: () => ({ id: "", state: {} }) },
    project,
    stack,
    true,
  );
  // The SDK then works out aliases itself, those that children inherit from their parents included, and sends them as URNs.
  getStore().supportsAliasSpecs = false;
  const resources: Recorded[] = [];
  const failures: unknown[] = [];
  const transforms = new Transforms((value) => encoded(value as JavaScript));
  const monitor = getMonitor() as {
    registerResource: RegisterResource;
    registerResourceOutputs: RegisterResourceOutputs;
    registerStackTransform: RegisterStackTransform;
  };
  monitor.registerResourceOutputs = (_, callback) => callback(null, {});
  monitor.registerStackTransform = (transform, callback) => {
    transforms.addToStack(transform);
    callback(null, {});
  };
  const urns = new Set<string>();
  monitor.registerResource = (request, callback) => {
    register(request, `${stack}::${project}`, outcomes, transforms).then(
      ([resource, response]) => {
        if (urns.has(resource.urn)) failures.push(duplicate(resource));
        urns.add(resource.urn);
        // The engine's own, the parent of what has no other.
        if (resource.type !== rootPulumiStackTypeName) resources.push(resource);
        callback(null, response);
      },
      (error: unknown) => {
        // The SDK does not pass it on: whatever waits for the resource would just be missing from the recording.
        failures.push(error);
        callback(error instanceof Error ? error : new Error(String(error)));
      },
    );
  };
  setStackResource(undefined);
  setStackResource(new pulumi.ComponentResource(rootPulumiStackTypeName, `${project}-${stack}`));
  const result = await recorded(program, transforms);
  if (failures.length > 0) throw failures[0];
  return { resources: resources.sort((a, b) => (a.urn < b.urn ? -1 : a.urn > b.urn ? 1 : 0)), result };
}

async function recorded<Result>(program: () => Result, transforms: Transforms): Promise<Result> {
  try {
    const result = program();
    await waitForRPCs();
    return result;
  } finally {
    transforms.close();
    setStackResource(undefined);
  }
}

/** The engine refuses a second resource of one URN. */
function duplicate({ name, type }: Recorded): Error {
  return new pulumi.RunError(
    `the program creates two resources of the type ${type} with the name ${name}: give one of them another name`,
  );
}

/**
 * Generated values for a plan: the same in each run, different for each resource and rotation number, and easy to find where
 * they must not be.
 */
export const madeUp: Outcomes = (type, name, inputs) => {
  const keepers = JSON.stringify(inputs["keepers"] ?? {});
  const value = `${sentinel}${createHash("sha256").update(`${type} ${name} ${keepers}`).digest("hex").slice(0, 16)}`;
  switch (type) {
    case "random:index/randomPassword:RandomPassword":
      return { result: pulumi.secret(value), bcryptHash: pulumi.secret(`${value}-bcrypt`) };
    case "random:index/randomBytes:RandomBytes": {
      const bytes = Buffer.alloc(Number(inputs["length"]), value);
      return { base64: pulumi.secret(bytes.toString("base64")), hex: pulumi.secret(bytes.toString("hex")) };
    }
    case "tls:index/privateKey:PrivateKey":
      return { privateKeyPem: pulumi.secret(value), privateKeyPemPkcs8: pulumi.secret(`${value}-pkcs8`) };
    default:
      return publicOutputs(type, name);
  }
};

/** How every made-up secret starts. */
export const sentinel = "made-up-";

type DebuggablePromise = (promise: Promise<unknown>, context: unknown) => Promise<unknown>;
type RegisterResourceOutputs = (request: unknown, callback: (error: null, response: unknown) => void) => void;
type RegisterStackTransform = (transform: Callback, callback: (error: null, response: unknown) => void) => void;
type RegisterResource = (
  request: resproto.RegisterResourceRequest,
  callback: (error: Error | null, response?: unknown) => void,
) => void;

async function register(
  request: resproto.RegisterResourceRequest,
  /** Stack and project as in URNs. */
  place: string,
  outcomes: Outcomes,
  transforms: Transforms,
): Promise<[Recorded, resproto.RegisterResourceResponse]> {
  const type = request.getType();
  const name = request.getName();
  const parent = parentOf(request);
  const urn = `urn:pulumi:${place}::${parentType(parent)}${type}::${name}`;
  const custom = request.getCustom();
  const { aliases, dependencies, properties: wire, ...options } = await transforms.apply(urn, request);
  const inputs = unwrapped(wire) as Record<string, unknown>;
  const { id = name, ...outputs } = custom ? outcomes(type, name, inputs) : {};
  const state = custom ? await serializeProperties("", outputs) : {};
  const response = new Response();
  response.setUrn(urn);
  response.setId(custom ? String(id) : "");
  response.setObject(structs.Struct.fromJavaScript({ ...identified(type, urn, wire), ...state }));
  const ignored = request.getIgnorechangesList();
  const recorded: Recorded = {
    urn,
    type,
    name,
    custom,
    parent,
    dependencies: [...dependencies].sort(),
    ...options,
    ...(ignored.length === 0 ? {} : { ignoreChanges: ignored }),
    aliases,
    inputs,
  };
  return [recorded, response];
}

/** The outputs of an object of Kubernetes: its inputs, and the identifier that the API server gives it, which owners are named by. */
function identified(
  type: string,
  urn: string,
  wire: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const metadata = wire["metadata"];
  if (!type.startsWith("kubernetes:") || !isRecord(metadata) || mark in metadata) return wire;
  return { ...wire, metadata: { ...metadata, uid: `uid-${shortHash(urn)}` } };
}

/** The URN of the parent; empty for the stack itself. */
function parentOf(request: resproto.RegisterResourceRequest): string {
  const parent = request.getParent();
  return parent.split("::")[2] === rootPulumiStackTypeName ? "" : parent;
}

function parentType(parent: string): string {
  const type = parent.split("::")[2] ?? "";
  return type === "" ? "" : `${type}$`;
}

function unwrapped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrapped);
  if (typeof value !== "object" || value === null) return value;
  const members = value as Record<string, unknown>;
  if (members[mark] === secretMark) return new Secret(unwrapped(members["value"]));
  return Object.fromEntries(Object.entries(members).map(([key, member]) => [key, unwrapped(member)]));
}
