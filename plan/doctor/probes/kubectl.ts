import { answered } from "../diagnosis.ts";
import type { Answer } from "../diagnosis.ts";
import { failure } from "../run.ts";
import type { Run } from "../run.ts";

/** An object of the API, as far as checks use it: everything except the name may be missing. */
export interface Live {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
    readonly managedFields?: readonly ManagedFields[];
  };
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** The fields of an object that one program set last (Kubernetes API, ManagedFieldsEntry). */
export interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
  readonly fieldsV1?: unknown;
}

/** One row of a table that `kubectl get` prints, by column from the left. */
export type Row = readonly string[];

/** The verbs that a check may use. All of them are read-only. */
type Verb = "get" | "version" | "auth" | "config";

/** Reads from a cluster with the user's own kubectl, one context and one kubeconfig. It never changes anything. */
export class Kubectl {
  private readonly run: Run;
  private readonly where: readonly string[];
  private readonly file: readonly string[];
  private readonly seconds: number;

  /** @param seconds timeout of one request to the API server */
  constructor(run: Run, context: string, kubeconfig: string | undefined, seconds: number) {
    this.run = run;
    this.seconds = seconds;
    this.file = kubeconfig === undefined ? [] : ["--kubeconfig", kubeconfig];
    this.where = [...this.file, "--context", context];
  }

  /** All objects of a kind, in all namespaces. */
  async list<T extends Live>(kind: string, ...args: string[]): Promise<Answer<readonly T[]>> {
    const answer = await this.json("get", kind, "--all-namespaces", "-o", "json", ...args);
    if (!answered(answer)) return answer;
    const items = (answer.got as { items?: unknown } | null)?.items;
    if (!Array.isArray(items) || !items.every(isLive)) return { why: `kubectl get ${kind} printed no list of objects` };
    return { got: items as unknown as readonly T[] };
  }

  /**
   * A table of a kind: the API server sends only names and labels, never the content of a Secret.
   * @param labels labels whose values are the last columns, in this order
   */
  async table(kind: string, selector: string, labels: readonly string[]): Promise<Answer<readonly Row[]>> {
    const columns = labels.flatMap((label) => ["-L", label]);
    const answer = await this.text("get", kind, "--all-namespaces", "-l", selector, ...columns, "--no-headers");
    if (!answered(answer)) return answer;
    const lines = answer.got.split("\n").filter((line) => line.trim() !== "");
    return { got: lines.map((line) => line.trim().split(/\s+/)) };
  }

  /**
   * The names of all objects of a kind, as `namespace/name` or `name`. From a table, so that the API server sends no content. A
   * kind that the cluster does not have, has no objects.
   */
  async names(kind: string): Promise<Answer<ReadonlySet<string>>> {
    const answer = await this.text("get", kind, "--all-namespaces");
    if (!answered(answer)) return answer.why.includes("doesn't have a resource type") ? { got: new Set() } : answer;
    const [header = "", ...lines] = answer.got.split("\n").filter((line) => line.trim() !== "");
    const namespaced = header.startsWith("NAMESPACE");
    return {
      got: new Set(
        lines.map((line) => {
          const [first = "", second = ""] = line.trim().split(/\s+/);
          return namespaced ? `${first}/${second}` : first;
        }),
      ),
    };
  }

  /** The configuration of a node's kubelet, through the API server. */
  kubelet(node: string): Promise<Answer<unknown>> {
    return this.json("get", "--raw", `/api/v1/nodes/${node}/proxy/configz`);
  }

  /** The contexts of the kubeconfig with the URLs of their servers. */
  async contexts(): Promise<Answer<ReadonlyMap<string, string>>> {
    const outcome = await this.run("kubectl", ["config", "view", ...this.file, "-o", "json"]);
    const why = failure("kubectl", outcome);
    if (why !== undefined || outcome.kind !== "ended") return { why: why ?? "kubectl failed" };
    const answer = parsed(outcome.stdout, "config view");
    if (!answered(answer)) return answer;
    const view = answer.got as {
      contexts?: readonly { name: string; context?: { cluster?: string } }[] | null;
      clusters?: readonly { name: string; cluster?: { server?: string } }[] | null;
    };
    const server = (name: string | undefined) =>
      (view.clusters ?? []).find((cluster) => cluster.name === name)?.cluster?.server ?? "";
    return { got: new Map((view.contexts ?? []).map(({ name, context }) => [name, server(context?.cluster)])) };
  }

  /** The API server's version, such as `1.34.4`. */
  async version(): Promise<Answer<string>> {
    const answer = await this.json("version", "-o", "json");
    if (!answered(answer)) return answer;
    const said = (answer.got as { serverVersion?: { gitVersion?: unknown } } | null)?.serverVersion?.gitVersion;
    return typeof said === "string"
      ? { got: said.replace(/^v/, "") }
      : { why: "kubectl version printed no server version" };
  }

  /** Whether the user has a permission in the whole cluster. */
  async may(verb: string, resource: string): Promise<Answer<boolean>> {
    const args = ["can-i", verb, resource, "--all-namespaces"];
    const outcome = await this.ask("auth", ...args);
    const said = outcome.kind === "ended" ? outcome.stdout.trim().split(/\s/)[0] : undefined;
    if (said === "yes" || said === "no") return { got: said === "yes" };
    return { why: failure("kubectl", outcome) ?? "kubectl auth can-i printed neither yes nor no" };
  }

  private async text(verb: Verb, ...args: string[]): Promise<Answer<string>> {
    const outcome = await this.ask(verb, ...args);
    const why = failure("kubectl", outcome);
    if (why !== undefined || outcome.kind !== "ended") return { why: why ?? "kubectl failed" };
    return { got: outcome.stdout };
  }

  private async json(verb: Verb, ...args: string[]): Promise<Answer<unknown>> {
    const answer = await this.text(verb, ...args);
    return answered(answer) ? parsed(answer.got, [verb, args[0]].join(" ")) : answer;
  }

  private ask(verb: Verb, ...args: string[]) {
    return this.run("kubectl", [verb, ...args, ...this.where, `--request-timeout=${this.seconds}s`]);
  }
}

function parsed(text: string, command: string): Answer<unknown> {
  try {
    return { got: JSON.parse(text) as unknown };
  } catch {
    return { why: `kubectl ${command.replace(/ -o$/, "")} printed no JSON` };
  }
}

function isLive(value: unknown): boolean {
  const metadata = (value as { metadata?: { name?: unknown } } | null)?.metadata;
  return typeof metadata?.name === "string";
}
