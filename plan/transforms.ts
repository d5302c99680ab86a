import * as pulumi from "@pulumi/pulumi";
import aliasproto from "@pulumi/pulumi/proto/alias_pb.js";
import type { Callback } from "@pulumi/pulumi/proto/callback_pb.js";
import resproto from "@pulumi/pulumi/proto/resource_pb.js";
import * as state from "@pulumi/pulumi/runtime/state.js";
import type structs from "google-protobuf/google/protobuf/struct_pb.js";

/** A resource as a program registers it, as far as a transform can change it. */
export interface Transformed {
  readonly properties: Record<string, unknown>;
  readonly dependencies: readonly string[];
  readonly provider: string;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  readonly aliases: readonly string[];
}

/** The SDK's own server of callbacks: the engine calls it for each resource, and here the recorder does. */
interface CallbackServer {
  readonly _callbacks: ReadonlyMap<string, (bytes: Uint8Array) => Promise<resproto.TransformResponse>>;
  readonly registerStackTransform: (transform: pulumi.ResourceTransform) => void;
  shutdown(): void;
}

const { getStore, setStackResource } = state as unknown as {
  getStore: () => { callbacks?: Partial<CallbackServer>; supportsTransforms: boolean };
  setStackResource: (stack: object | undefined) => void;
};

/**
 * Loads a module of the user's own outside a recording, and keeps the transforms of the stack that it registers.
 * @returns what was loaded, and a function that registers the transforms in a recording
 */
export async function loadedWithTransforms<T>(load: () => Promise<T>): Promise<{ loaded: T; transforms: () => void }> {
  const stack: { __transformations?: pulumi.ResourceTransformation[] } = {};
  const newer: pulumi.ResourceTransform[] = [];
  const store = getStore();
  store.callbacks = { registerStackTransform: (transform) => newer.push(transform) };
  store.supportsTransforms = true;
  setStackResource(stack);
  try {
    const loaded = await load();
    const { __transformations: older = [] } = stack;
    const transforms = () => {
      older.forEach((one) => pulumi.runtime.registerStackTransformation(one));
      newer.forEach((one) => pulumi.runtime.registerResourceTransform(one));
    };
    return { loaded, transforms };
  } finally {
    delete store.callbacks;
    setStackResource(undefined);
  }
}

/**
 * The transforms of a recording: those of the stack (`registerResourceTransform`), and those in the option `transforms` of a
 * resource, which also apply to its children. They run as in the engine: the resource's own first, then its parents', then the
 * stack's.
 */
export class Transforms {
  private readonly ofStack: string[] = [];
  private readonly ofResource = new Map<string, { readonly parent: string; readonly tokens: readonly string[] }>();
  private readonly toStruct: (value: Record<string, unknown>) => structs.Struct;

  /** @param toStruct properties in the wire format */
  constructor(toStruct: (value: Record<string, unknown>) => structs.Struct) {
    this.toStruct = toStruct;
    delete getStore().callbacks;
  }

  /** Ends the server, which exists if the program has a transform. */
  close(): void {
    getStore().callbacks?.shutdown?.();
    delete getStore().callbacks;
  }

  addToStack(callback: Callback): void {
    this.ofStack.push(callback.getToken());
  }

  /** What the engine would register for a request. @param urn of the resource */
  async apply(urn: string, request: resproto.RegisterResourceRequest): Promise<Transformed> {
    const tokens = request.getTransformsList().map((callback) => callback.getToken());
    this.ofResource.set(urn, { parent: request.getParent(), tokens });
    const plain: Transformed = {
      properties: request.getObject()?.toJavaScript() ?? {},
      dependencies: request.getDependenciesList(),
      provider: request.getProvider(),
      protect: request.getProtect() ?? false,
      retainOnDelete: request.getRetainondelete() ?? false,
      aliases: request.getAliasurnsList(),
    };
    let done = plain;
    for (const token of [...this.inherited(urn), ...this.ofStack]) done = await this.run(token, request, done);
    return done;
  }

  private inherited(urn: string): string[] {
    const own = this.ofResource.get(urn);
    return own === undefined ? [] : [...own.tokens, ...this.inherited(own.parent)];
  }

  private async run(
    token: string,
    request: resproto.RegisterResourceRequest,
    before: Transformed,
  ): Promise<Transformed> {
    const run = getStore().callbacks?._callbacks?.get(token);
    if (run === undefined) throw new TypeError(`no transform ${token}`);
    const message = new resproto.TransformRequest();
    message.setType(request.getType());
    message.setName(request.getName());
    message.setCustom(request.getCustom());
    message.setParent(request.getParent());
    message.setProperties(this.toStruct(before.properties));
    message.setOptions(optionsOf(before, request));
    const response = await run(message.serializeBinary());
    const options = response.getOptions();
    return {
      properties: response.getProperties()?.toJavaScript() ?? {},
      dependencies: options?.getDependsOnList() ?? [],
      provider: options?.getProvider() ?? "",
      protect: options?.getProtect() ?? false,
      retainOnDelete: options?.getRetainOnDelete() ?? false,
      aliases: options?.getAliasesList().map((alias) => alias.getUrn()) ?? [],
    };
  }
}

function optionsOf(
  { aliases, dependencies, protect, provider, retainOnDelete }: Transformed,
  request: resproto.RegisterResourceRequest,
): resproto.TransformResourceOptions {
  const options = new resproto.TransformResourceOptions();
  options.setDependsOnList([...dependencies]);
  options.setProvider(provider);
  options.setProtect(protect);
  options.setRetainOnDelete(retainOnDelete);
  options.setAliasesList(aliases.map((urn) => new aliasproto.Alias().setUrn(urn)));
  options.setIgnoreChangesList(request.getIgnorechangesList());
  options.setReplaceOnChangesList(request.getReplaceonchangesList());
  options.setAdditionalSecretOutputsList(request.getAdditionalsecretoutputsList());
  options.setCustomTimeouts(request.getCustomtimeouts());
  options.setDeleteBeforeReplace(request.getDeletebeforereplace());
  options.setVersion(request.getVersion());
  options.setImport(request.getImportid());
  return options;
}
