// A real Graylog from Maven Central, without MongoDB and without a search cluster: `../shared/graylog-run` has an in-memory server
// with the protocol of MongoDB, and a plugin that replaces the search cluster and stores nothing. Searches find no message.
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../keycloak/node.ts";
import { cacheOf, mavenFile } from "../maven.ts";
import { root } from "../stacks.ts";

const version = "7.0.1";
const cache = cacheOf("graylog");
const standIns = join(root, "..", "shared", "graylog-run");

/** Versions to use instead of versions in the server's project file that Maven Central does not have. */
const served = {
  "aws-java-sdk-2.version": "2.57.8",
  "mongodb-driver.version": "5.6.1",
  "oshi.version": "6.8.3",
  "syslog4j.version": "0.9.61",
} as const;

/** The program: Java and a class path with the stand-ins. */
export interface GraylogProgram {
  readonly java: string;
  readonly classPath: string;
  /** The folder of the compiled stand-ins. The caller deletes it. */
  readonly folder: string;
}

/** A running Graylog. */
export interface RealGraylog {
  /** The address of its API, without a slash at the end. */
  readonly api: string;
  /** Seconds from the start until it accepted requests. */
  readonly startup: number;
  log(): string;
  stop(): Promise<void>;
}

/** The program, downloaded once and cached, or what is missing. */
export function findGraylog(): GraylogProgram | { readonly missing: string } {
  const home = javaHome();
  if (home === undefined) return { missing: "no JDK 21 or later in GRAYLOG_JAVA_HOME, JAVA_HOME or /usr/lib/jvm" };
  if (!existsSync(standIns)) return { missing: `no ${standIns}` };
  if (spawnSync("unzip", ["-v"]).status !== 0) return { missing: "unzip is not on PATH" };
  const libraries = findLibraries();
  if (libraries === undefined) return { missing: `Graylog ${version} is not cached, and Maven cannot download it` };
  const folder = mkdtempSync(join(tmpdir(), "groundplan-graylog-"));
  const services = join(folder, "META-INF", "services");
  mkdirSync(services, { recursive: true });
  writeFileSync(join(services, "org.graylog2.plugin.Plugin"), "SearchStub\n");
  // The server's archive comes first, because another archive also has a version.properties.
  const classPath = [folder, join(libraries, `graylog2-server-${version}.jar`), join(libraries, "*")].join(":");
  const sources = ["PretendMongo.java", "SearchStub.java"].map((name) => join(standIns, name));
  const compiled = spawnSync(join(home, "bin", "javac"), ["-nowarn", "-cp", classPath, "-d", folder, ...sources], {
    encoding: "utf8",
  });
  if (compiled.status !== 0) throw new Error(compiled.stderr);
  return { java: join(home, "bin", "java"), classPath, folder };
}

/** The folder of the server and its dependencies; undefined if it is not cached and cannot be downloaded. */
function findLibraries(): string | undefined {
  const kept = join(cache, `graylog-${version}`);
  if (existsSync(kept)) return kept;
  const archive = mavenFile(`org.graylog2:graylog2-server:${version}`, cache);
  if (archive === undefined) return undefined;
  // The published project file has no dependencies; the one in the archive has them.
  const inner = "META-INF/maven/org.graylog2/graylog2-server/pom.xml";
  const own = spawnSync("unzip", ["-p", archive, inner], { encoding: "utf8" }).stdout;
  const fresh = mkdtempSync(join(cache, "download-"));
  try {
    writeFileSync(join(fresh, "pom.xml"), projectFile(own));
    const copy = ["dependency:copy-dependencies", "-DincludeScope=runtime", `-DoutputDirectory=${join(fresh, "lib")}`];
    const { status } = spawnSync("mvn", ["-q", "-B", "-ntp", ...copy], { cwd: fresh, stdio: "ignore" });
    // Renamed when it is complete: an interrupted download is not used.
    if (status === 0) renameSync(join(fresh, "lib"), kept);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return existsSync(kept) ? kept : undefined;
}

/** A Maven project with the server, its dependencies and the stand-in for MongoDB. */
function projectFile(own: string): string {
  const [, dependencies = ""] = /<dependencies>([\s\S]*?)<\/dependencies>/.exec(own) ?? [];
  const needed = (dependencies.match(/<dependency>[\s\S]*?<\/dependency>/g) ?? []).filter(
    (one) => !one.includes("<scope>test</scope>"),
  );
  const dependency = (group: string, artifact: string, of: string) =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${of}</version></dependency>`;
  const properties = Object.entries(served).map(([name, of]) => `<${name}>${of}</${name}>`);
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <parent>
    <groupId>org.graylog</groupId><artifactId>graylog-project-parent</artifactId><version>${version}</version><relativePath/>
  </parent>
  <artifactId>graylog-in-a-test</artifactId>
  <packaging>pom</packaging>
  <properties>${properties.join("")}</properties>
  <dependencies>
    ${dependency("org.graylog2", "graylog2-server", version)}
    ${dependency("de.bwaldvogel", "mongo-java-server", "1.47.0")}
    ${needed.join("\n    ")}
  </dependencies>
</project>
`;
}

/**
 * Starts a Graylog with an empty database on this machine, and waits until it accepts requests: one to three minutes.
 * @param rootPassword of its first administrator, `admin`
 */
export async function startGraylog(program: GraylogProgram, rootPassword: string): Promise<RealGraylog> {
  const [web = 0, database = 0] = await freePorts(2);
  const folder = mkdtempSync(join(program.folder, "server-"));
  const configuration = join(folder, "server.conf");
  writeFileSync(configuration, serverFile(folder, web, database, rootPassword));
  let log = "";
  const java = (memory: string, ...args: string[]) => {
    const flags = [`-Xmx${memory}`, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", program.classPath];
    const child = spawn(program.java, [...flags, ...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (log += part.toString()));
    process.once("exit", () => child.kill("SIGKILL"));
    return child;
  };
  const mongo = java("256m", "PretendMongo", String(database));
  const main = ["org.graylog2.bootstrap.Main", "server", "-f", configuration, "-np", "--no-pid-file"];
  const api = `http://127.0.0.1:${web}/api`;
  let server: ChildProcess | undefined;
  const stop = async () => {
    await Promise.all([server, mongo].map(ended));
    rmSync(folder, { recursive: true, force: true });
  };
  const began = Date.now();
  try {
    await until(mongo, () => log.includes("ready"));
    server = java("1g", ...main);
    await until(server, () => alive(api));
  } catch (error) {
    await stop();
    throw new Error(`Graylog did not start:\n${log}`, { cause: error });
  }
  return { api, startup: (Date.now() - began) / 1000, log: () => log, stop };
}

function serverFile(folder: string, web: number, database: number, rootPassword: string): string {
  const options = {
    is_leader: true,
    node_id_file: join(folder, "node-id"),
    password_secret: "s".repeat(64),
    root_password_sha2: createHash("sha256").update(rootPassword).digest("hex"),
    http_bind_address: `127.0.0.1:${web}`,
    mongodb_uri: `mongodb://127.0.0.1:${database}/graylog`,
    elasticsearch_version: "OpenSearch:2.19.0",
    elasticsearch_hosts: "http://127.0.0.1:9",
    skip_preflight_checks: true,
    trusted_proxies: "127.0.0.1/32",
    bin_dir: folder,
    data_dir: join(folder, "data"),
    plugin_dir: join(folder, "plugin"),
    message_journal_dir: join(folder, "journal"),
    message_journal_max_size: "100mb",
    inputbuffer_processors: 1,
    processbuffer_processors: 1,
    outputbuffer_processors: 1,
  };
  return Object.entries(options)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join("");
}

async function until(child: ChildProcess, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 900_000;
  while (!(await holds())) {
    if (child.exitCode !== null || Date.now() > end)
      throw new Error("the process ended, or was not ready after 15 minutes");
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function alive(api: string): Promise<boolean> {
  try {
    return (await fetch(`${api}/system/lbstatus`)).ok;
  } catch {
    return false;
  }
}

async function ended(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const done = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await done;
}

function javaHome(): string | undefined {
  const installed = existsSync("/usr/lib/jvm")
    ? readdirSync("/usr/lib/jvm").map((name) => join("/usr/lib/jvm", name))
    : [];
  return [process.env["GRAYLOG_JAVA_HOME"], process.env["JAVA_HOME"], ...installed].find((home) => {
    if (home === undefined || !existsSync(join(home, "bin", "javac"))) return false;
    const { stderr } = spawnSync(join(home, "bin", "java"), ["-version"], { encoding: "utf8" });
    return Number(/version "(\d+)/.exec(stderr ?? "")?.[1] ?? 0) >= 21;
  });
}
