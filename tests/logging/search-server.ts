// A real OpenSearch with its security plugin, from Maven Central once. The distribution that is there has no plugin, the plugin
// is there for 3.4.0 and not for what the platform runs, and the module that it extends stands in later distributions alone.
import { spawn, spawnSync } from "node:child_process";
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheOf, mavenFile, mavenFolder } from "../maven.ts";
import { freePorts } from "../keycloak/node.ts";

const version = "3.4.0";
const moduleVersion = "3.6.0";
const cache = cacheOf("opensearch");
/** The account `nobody`: OpenSearch refuses to run as root. */
const nobody = 65534;
const noJava = "no Java 21 or later in OPENSEARCH_JAVA_HOME, JAVA_HOME or /usr/lib/jvm";
const notCached = "OpenSearch is not cached, and Maven cannot download it";
const asRoot = process.getuid?.() === 0;
const account = asRoot ? { uid: nobody, gid: nobody } : {};

/** An unpacked OpenSearch with the plugin, and the Java that it runs on. */
export interface SearchProgram {
  readonly home: string;
  readonly java: string;
}

/**
 * An OpenSearch of the version that the platform runs, with the plugin for buckets, put together from its files: Maven Central has no
 * archive of the plugin. Without security; or what is missing.
 */
export function findSearchWithBuckets(): SearchProgram | { readonly missing: string } {
  const java = javaHome();
  if (java === undefined) return { missing: noJava };
  const server = mavenFile(`org.opensearch.distribution.integ-test-zip:opensearch:${moduleVersion}:zip`, cache);
  const files = mavenFolder(`org.opensearch.plugin:repository-s3:${moduleVersion}`, cache);
  if (server === undefined || files === undefined) return { missing: notCached };
  const folder = mkdtempSync(join(tmpdir(), "groundplan-opensearch-"));
  run("unzip", ["-q", server, "-d", folder]);
  const home = join(folder, `opensearch-${moduleVersion}`);
  const own = join(home, "plugins", "repository-s3");
  mkdirSync(own, { recursive: true });
  // A plugin with a file that the server has too is refused.
  const present = new Set(readdirSync(join(home, "lib")));
  for (const file of readdirSync(files)) if (!present.has(file)) cpSync(join(files, file), join(own, file));
  const descriptor = {
    name: "repository-s3",
    description: "buckets",
    classname: "org.opensearch.repositories.s3.S3RepositoryPlugin",
    version: moduleVersion,
    "opensearch.version": moduleVersion,
    "java.version": "21",
  };
  const lines = Object.entries(descriptor).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(join(own, "plugin-descriptor.properties"), lines.join(""));
  const grants = ['java.net.SocketPermission "*", "connect,resolve"', 'java.lang.RuntimePermission "getClassLoader"'];
  writeFileSync(
    join(own, "plugin-security.policy"),
    `grant {\n${grants.map((one) => `  permission ${one};\n`).join("")}};\n`,
  );
  return { home, java };
}

/** What is needed, or what is missing. */
export function findSearch(): SearchProgram | { readonly missing: string } {
  const java = javaHome();
  if (java === undefined) return { missing: noJava };
  if (spawnSync("unzip", ["-v"]).status !== 0) return { missing: "unzip is not on PATH" };
  const distribution = "org.opensearch.distribution.integ-test-zip:opensearch";
  const [server, further, plugin] = [
    mavenFile(`${distribution}:${version}:zip`, cache),
    mavenFile(`${distribution}:${moduleVersion}:zip`, cache),
    mavenFile(`org.opensearch.plugin:opensearch-security:${version}.0:zip`, cache),
  ];
  if (server === undefined || further === undefined || plugin === undefined) return { missing: notCached };
  const folder = mkdtempSync(join(tmpdir(), "groundplan-opensearch-"));
  const module = `opensearch-${moduleVersion}/modules/rule-framework`;
  run("unzip", ["-q", server, "-d", folder]);
  run("unzip", ["-q", further, `${module}/*`, "-d", folder]);
  const home = join(folder, `opensearch-${version}`);
  const own = join(home, "modules", "rule-framework");
  cpSync(join(folder, module), own, { recursive: true });
  const descriptor = join(own, "plugin-descriptor.properties");
  writeFileSync(descriptor, readFileSync(descriptor, "utf8").replaceAll(moduleVersion, version));
  const env = { PATH: process.env["PATH"], OPENSEARCH_JAVA_HOME: java };
  run(join(home, "bin", "opensearch-plugin"), ["install", "--batch", `file://${plugin}`], env);
  for (const tool of ["hash.sh", "securityadmin.sh"]) run("chmod", ["+x", join(tools(home), tool)]);
  // The plugin brings files of its own, of which a pod sees none: its folder is the Secret.
  rmSync(join(home, "config", "opensearch-security"), { recursive: true });
  return { home, java };
}

/** Where the plugin's programs are. */
function tools(home: string): string {
  return join(home, "plugins", "opensearch-security", "tools");
}

/** The bcrypt hash of a password, as the random provider makes it. */
export function hashOf({ home, java }: SearchProgram, password: string): string {
  const made = spawnSync(join(tools(home), "hash.sh"), ["-p", password], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], OPENSEARCH_JAVA_HOME: java },
  });
  return made.stdout.trim().split("\n").at(-1)?.replace(/^\$2y/, "$2a") ?? "";
}

/**
 * Runs the plugin's program with the arguments of the Job.
 * @param host the name that leads to this machine, for the certificate's sake
 */
export function administer({ home, java }: SearchProgram, args: readonly string[], host: string) {
  const hosts = join(home, "hosts");
  writeFileSync(hosts, `127.0.0.1 ${host}\n`);
  const env = { PATH: process.env["PATH"], OPENSEARCH_JAVA_HOME: java, JAVA_OPTS: `-Djdk.net.hosts.file=${hosts}` };
  const { status, stdout } = spawnSync(join(tools(home), "securityadmin.sh"), args, { encoding: "utf8", env });
  return { status, text: stdout };
}

/**
 * Starts it on this machine and waits until it answers.
 * @param files of its folder `config`, by path
 * @param variables of its environment, beside those that it needs
 */
export async function startSearch(
  { home, java }: SearchProgram,
  files: Readonly<Record<string, string>>,
  variables: Readonly<Record<string, string>> = {},
) {
  const [http = 0, transport = 0] = await freePorts(2);
  for (const [name, text] of Object.entries(files)) {
    const path = join(home, "config", name);
    mkdirSync(join(path, ".."), { recursive: true });
    const here = `http.port: ${http}\ntransport.port: ${transport}\ndiscovery.type: single-node\n`;
    const local = text.replace("network.host: 0.0.0.0", "network.host: 127.0.0.1") + here;
    writeFileSync(path, name === "opensearch.yml" ? local : text, { mode: 0o600 });
  }
  if (asRoot) owned(join(home, ".."));
  const env = {
    ...variables,
    PATH: process.env["PATH"],
    OPENSEARCH_JAVA_HOME: java,
    OPENSEARCH_JAVA_OPTS: "-Xms512m -Xmx512m",
  };
  const child = spawn(join(home, "bin", "opensearch"), [], {
    cwd: home,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    ...account,
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (log += part.toString()));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
    rmSync(join(home, ".."), { recursive: true });
  };
  const until = Date.now() + 240_000;
  // With security, it answers once its users are known.
  const isReady = existsSync(tools(home)) ? /Node '[^']*' initialized/ : /recovered \[\d+\] indices/;
  while (!isReady.test(log)) {
    if (child.exitCode !== null || Date.now() > until) {
      await stop();
      throw new Error(`OpenSearch did not start:\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return { port: http, stop };
}

function owned(path: string): void {
  chownSync(path, nobody, nobody);
  run("chown", ["-R", `${nobody}:${nobody}`, path]);
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): void {
  const { status, stderr, stdout } = spawnSync(program, args, { encoding: "utf8", env });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}${stdout}`);
}

function javaHome(): string | undefined {
  const installed = existsSync("/usr/lib/jvm")
    ? readdirSync("/usr/lib/jvm").map((name) => join("/usr/lib/jvm", name))
    : [];
  return [process.env["OPENSEARCH_JAVA_HOME"], process.env["JAVA_HOME"], ...installed].find((home) => {
    if (home === undefined) return false;
    const { stderr } = spawnSync(join(home, "bin", "java"), ["-version"], { encoding: "utf8" });
    return Number(/version "(\d+)/.exec(stderr ?? "")?.[1] ?? 0) >= 21;
  });
}
