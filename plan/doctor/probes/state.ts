import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import type { Answer } from "../diagnosis.ts";
import { failure, lastLine } from "../run.ts";
import type { Run } from "../run.ts";
import { tryPassphrase } from "./passphrase.ts";
import type { Passphrase } from "./passphrase.ts";
import { objectOf, objectsOfRelease, releaseOf } from "./state-objects.ts";
import type { Exported, StateObject, StateRelease } from "./state-objects.ts";
import { pulumiHome } from "./tools.ts";

/** A lock of a running or killed run on a stack. */
export interface Lock {
  readonly by: string;
  readonly since: string;
  /** Whether its process runs; undefined if it is on another machine. */
  readonly alive?: boolean;
}

/** An operation that was interrupted. */
export interface Pending {
  /** `creating`, `updating`, `deleting`, … */
  readonly operation: string;
  /** The resource's name in the program. */
  readonly name: string;
  /** The object or release that it changed; undefined for a resource that is neither. */
  readonly object?: StateObject;
  readonly release?: StateRelease;
  /** Whether the state contains the resource: then a later run finished the operation. */
  readonly known: boolean;
}

/** Properties of the stack's state. */
export interface KnownStack {
  readonly resources: number;
  readonly objects: readonly StateObject[];
  readonly releases: readonly StateRelease[];
  readonly pending: readonly Pending[];
}

/** The backend and the stack's state. */
export interface State {
  /** The URL of the backend; undefined if there is no login. */
  readonly backend?: string;
  /** The folder of a `file://` backend, if it is missing. */
  readonly missingFolder?: string;
  readonly user: Answer<string>;
  /** `none` if the backend has no stack of that name. */
  readonly stack: Answer<KnownStack | "none">;
  readonly locks: Answer<readonly Lock[]>;
  readonly secrets: Secrets;
}

/** How the secrets of the stack's configuration and state are encrypted. */
export interface Secrets {
  /** The number of encrypted values in the stack file. */
  readonly encrypted: number;
  /** Such as `awskms://alias/pulumi`; empty if the file has none. */
  readonly provider: string;
  /** Undefined if no passphrase is needed. */
  readonly passphrase?: Passphrase;
}

/** Why nothing is known of a backend that only a CLI can read. */
export const noCli = "the Pulumi CLI is not installed yet";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Makes the CLI read-only. By default it writes a marker file to an empty backend; with the legacy layout, it fails instead.
 */
const readOnly = {
  PULUMI_DIY_BACKEND_LEGACY_LAYOUT: "true",
  PULUMI_DIY_BACKEND_IGNORE_DEPRECATION_ERROR: "1",
  PULUMI_SKIP_UPDATE_CHECK: "true",
};

/** Reads the backend with a Pulumi CLI; without a CLI, only a folder can be read. */
export async function probeState(
  root: string,
  stack: string,
  stackFile: string,
  cli: string | undefined,
  env: Env,
  run: Run,
): Promise<State> {
  const project = readProject(root);
  const backend = backendOf(project.backend?.url, env);
  const folder = backend?.startsWith("file://") ? folderOf(backend) : undefined;
  const secrets = probeSecrets(stackFile, env);
  const locks = probeLocks(backend, folder, `${project.name}/${stack}`, run);
  if (backend === undefined || (folder !== undefined && !existsSync(folder))) {
    const why = backend === undefined ? "no backend is configured" : "its folder is missing";
    const missing = folder === undefined ? {} : { missingFolder: folder };
    return { backend, ...missing, user: { why }, stack: { why }, locks: { got: [] }, secrets: await secrets };
  }
  const ask = async (...args: string[]): Promise<Answer<string>> => {
    if (cli === undefined) return { why: noCli };
    const outcome = await run(cli, [...args, "--non-interactive", "--cwd", root], readOnly);
    const why = failure("pulumi", outcome);
    // The notice about the layout is below the error itself.
    if (why !== undefined && outcome.kind === "ended")
      return { why: lastLine(outcome.stderr.replace(/error:\s*\n=+[\s\S]*?\n=+\n?/g, ""), why) };
    return outcome.kind === "ended" ? { got: outcome.stdout } : { why: why ?? "pulumi failed" };
  };
  const [user, exported] = await Promise.all([ask("whoami"), ask("stack", "export", "--stack", stack)]);
  return {
    backend,
    user: "got" in user ? { got: user.got.trim() } : user,
    stack: knownStack(exported),
    locks: await locks,
    secrets: await secrets,
  };
}

/** The backend that the CLI would use: the variable, the project file, then the last login. */
function backendOf(ofProject: string | undefined, env: Env): string | undefined {
  const given = env["PULUMI_BACKEND_URL"];
  if (given !== undefined && given !== "") return given;
  if (ofProject !== undefined) return ofProject;
  try {
    const login = JSON.parse(readFileSync(join(pulumiHome(env), "credentials.json"), "utf8")) as { current?: string };
    if (login.current !== undefined && login.current !== "") return login.current;
  } catch {
    // There is no login on this machine.
  }
  const token = env["PULUMI_ACCESS_TOKEN"];
  return token === undefined || token === "" ? undefined : "https://api.pulumi.com";
}

function readProject(root: string): { readonly name: string; readonly backend?: { readonly url?: string } } {
  return parse(readFileSync(join(root, "Pulumi.yaml"), "utf8")) as ReturnType<typeof readProject>;
}

function folderOf(backend: string): string {
  const path = decodeURIComponent(backend.slice("file://".length).split("?")[0] ?? "");
  return path.startsWith("~") ? join(homedir(), path.slice(1)) : path;
}

/** What a stack's export contains: resources, objects and interrupted operations. Encrypted values stay encrypted. */
export function knownStack(exported: Answer<string>): Answer<KnownStack | "none"> {
  if ("why" in exported) return /no stack named/.test(exported.why) ? { got: "none" } : exported;
  try {
    const { deployment } = JSON.parse(exported.got) as {
      deployment?: {
        resources?: readonly Exported[];
        pending_operations?: readonly { type?: string; resource?: Exported }[];
      };
    };
    const resources = deployment?.resources ?? [];
    const current = resources.filter((one) => one.delete !== true);
    const urns = new Set(current.map(({ urn }) => urn));
    const pending = (deployment?.pending_operations ?? []).map(({ type = "changing", resource = {} }): Pending => {
      const name = resource.urn?.split("::").at(-1) ?? "a resource";
      const [object, release] = [objectOf(resource), releaseOf(resource)];
      return { operation: type, name, object, release, known: urns.has(resource.urn) };
    });
    return {
      got: {
        resources: resources.length,
        objects: current.flatMap((one) => objectOf(one) ?? objectsOfRelease(one)),
        releases: current.flatMap((one) => releaseOf(one) ?? []),
        pending,
      },
    };
  } catch {
    return { why: "pulumi stack export printed no JSON" };
  }
}

/** Locks are files below `.pulumi/locks/organization/PROJECT/STACK` (pulumi/pkg, backend/diy/lock.go). */
async function probeLocks(
  backend: string | undefined,
  folder: string | undefined,
  stack: string,
  run: Run,
): Promise<Answer<readonly Lock[]>> {
  const below = `.pulumi/locks/organization/${stack}`;
  if (folder !== undefined) {
    const locks = join(folder, below);
    if (!existsSync(locks)) return { got: [] };
    const files = readdirSync(locks).filter((file) => file.endsWith(".json"));
    return { got: files.map((file) => lockOf(readFileSync(join(locks, file), "utf8"))) };
  }
  if (backend?.startsWith("s3://") !== true) return { why: "locks of this backend cannot be read" };
  const url = new URL(backend);
  const options = [
    ["--region", url.searchParams.get("region")],
    ["--profile", url.searchParams.get("profile")],
    ["--endpoint-url", url.searchParams.get("endpoint")],
  ].flatMap(([name, value]) =>
    name && value ? [name, value.includes("://") || name !== "--endpoint-url" ? value : `https://${value}`] : [],
  );
  const path = `s3://${url.host}${url.pathname.replace(/\/$/, "")}/${below}/`;
  const outcome = await run("aws", ["s3", "ls", path, ...options]);
  // `aws s3 ls` exits with 1 and prints nothing if there is no file below the path.
  if (outcome.kind === "ended" && outcome.code === 1 && outcome.stderr.trim() === "") return { got: [] };
  const why = failure("aws", outcome);
  if (why !== undefined || outcome.kind !== "ended") return { why: why ?? "aws failed" };
  const lines = outcome.stdout.split("\n").filter((line) => line.includes(".json"));
  return { got: lines.map((line) => ({ by: "a run", since: line.trim().split(/\s+/).slice(0, 2).join(" ") })) };
}

function lockOf(text: string): Lock {
  try {
    const { pid, username, hostname: host, timestamp } = JSON.parse(text) as Record<string, string | number>;
    const by = `${username}@${host}, process ${pid}`;
    const here = host === hostname() && typeof pid === "number";
    return { by, since: String(timestamp), ...(here ? { alive: isAlive(pid) } : {}) };
  } catch {
    return { by: "an unreadable lock file", since: "an unknown time" };
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function probeSecrets(stackFile: string, env: Env): Promise<Secrets> {
  let text = "";
  let file: { encryptionsalt?: string; secretsprovider?: string } = {};
  try {
    text = readFileSync(stackFile, "utf8");
    file = (parse(text) as typeof file | null) ?? {};
  } catch {
    // The check of the settings reports problems with the file.
  }
  const encrypted = [...text.matchAll(/^[^#\n]*\bsecure:/gm)].length;
  const provider = file.secretsprovider ?? "";
  if (file.encryptionsalt === undefined) return { encrypted, provider };
  return { encrypted, provider, passphrase: await tryPassphrase(file.encryptionsalt, env) };
}
