// What the engine does with a policy pack: it starts the pack's program, and gives it the resources of a stack over gRPC.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import grpc from "@grpc/grpc-js";
import analyzerGrpc from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import proto from "@pulumi/pulumi/proto/analyzer_pb.js";
import { encoded, Secret } from "../../../plan/recorder.ts";
import type { Recorded } from "../../../plan/recorder.ts";
import { root } from "../../stacks.ts";

/** A diagnostic of a policy. */
export interface Diagnostic {
  readonly policy: string;
  readonly mandatory: boolean;
  readonly message: string;
  readonly urn: string;
}

// The signatures of secrets in Pulumi's wire format.
const secretMark = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };

/** What the engine writes for a text that a preview does not know. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The analyzer of a policy pack. */
export class Analyzer {
  private readonly client: InstanceType<typeof analyzerGrpc.AnalyzerClient>;
  private readonly process?: ChildProcess;

  constructor(port: string, process?: ChildProcess) {
    this.client = new analyzerGrpc.AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
      "grpc.max_receive_message_length": 400 * 2 ** 20,
    });
    this.process = process;
  }

  /** Starts a pack as the engine does (pulumi, sdk/go/common/resource/plugin/analyzer_plugin.go, `NewPolicyAnalyzer`). */
  static async start(folder: string, environment: Readonly<Record<string, string>>): Promise<Analyzer> {
    const script = `${root}/node_modules/@pulumi/pulumi/cmd/run-policy-pack/index.js`;
    const child = spawn(process.execPath, [script, "127.0.0.1:1", "."], {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    const port = await new Promise<string>((resolve, reject) => {
      child.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString().trim()));
      child.once("exit", (code) => reject(new Error(`the policy pack ended with ${code}: ${errors}`)));
    });
    return new Analyzer(port, child);
  }

  analyze(resources: readonly Recorded[]): Promise<Diagnostic[]> {
    const request = new proto.AnalyzeStackRequest();
    request.setResourcesList(resources.map(wireOf));
    return new Promise((resolve, reject) => {
      this.client.analyzeStack(request, (error: Error | null, response: InstanceType<typeof proto.AnalyzeResponse>) => {
        if (error !== null) reject(error);
        else
          resolve(
            response.getDiagnosticsList().map((one) => ({
              policy: one.getPolicyname(),
              mandatory: one.getEnforcementlevel() === proto.EnforcementLevel.MANDATORY,
              message: one.getMessage(),
              urn: one.getUrn(),
            })),
          );
      });
    });
  }

  stop(): void {
    this.client.close();
    this.process?.kill();
  }
}

function wireOf({ aliases, dependencies, inputs, name, parent, protect, provider, type, urn }: Recorded) {
  const options = new proto.AnalyzerResourceOptions();
  options.setProtect(protect);
  options.setAliasesList([...aliases]);
  const resource = new proto.AnalyzerResource();
  resource.setType(type);
  resource.setName(name);
  resource.setUrn(urn);
  resource.setOptions(options);
  resource.setParent(parent);
  resource.setDependenciesList([...dependencies]);
  resource.setProperties(encoded(wire(inputs) as Parameters<typeof encoded>[0]));
  if (provider !== "") {
    const own = new proto.AnalyzerProviderResource();
    own.setUrn(provider.split("::").slice(0, 4).join("::"));
    own.setProperties(encoded({}));
    resource.setProvider(own);
  }
  return resource;
}

function wire(value: unknown): unknown {
  if (value instanceof Secret) return { ...secretMark, value: wire(value.value) };
  if (Array.isArray(value)) return value.map(wire);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, wire(member)]));
}

/** The stack's own resource, which the engine has and a recording does not. */
export function stackResource(stack: string): Recorded {
  const type = "pulumi:pulumi:Stack";
  const urn = `urn:pulumi:${stack}::groundplan::${type}::groundplan-${stack}`;
  const none = { aliases: [], custom: false, dependencies: [], inputs: {}, parent: "", protect: false, provider: "" };
  return { ...none, name: `groundplan-${stack}`, retainOnDelete: false, type, urn };
}

/** The provider of a package that the engine adds by itself for resources without one. */
export function defaultProvider(stack: string, name: string): Recorded {
  const type = `pulumi:providers:${name}`;
  const urn = `urn:pulumi:${stack}::groundplan::${type}::default_1_0_0`;
  return { ...stackResource(stack), custom: true, inputs: { version: "1.0.0" }, name: "default_1_0_0", type, urn };
}

/** The first lines of messages. */
export function firstLines(diagnostics: readonly Diagnostic[]): string[] {
  assert.ok(diagnostics.every(({ message }) => message !== ""));
  return diagnostics.map(({ message }) => message);
}
