// The variables against what 4.10's programs read. It does not start them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ninjaVariables, nodeVariables } from "../../components/midpoint/environment.ts";
import type { NodeArgs } from "../../components/midpoint/environment.ts";
import { upstream } from "./upstream.ts";

const args: NodeArgs = {
  database: { url: "jdbc:postgresql://db.mp-demo.svc.cluster.local:5432/midpoint", username: "midpoint" },
  keystore: { kind: "state", alias: "k2" },
  connections: 24,
  domain: "mp-pg-demo.mp-demo.svc.cluster.local",
  heap: { initial: "1Gi", maximum: "2Gi" },
  session: 14400,
  hasObjects: true,
  clustered: true,
  nodeIdSource: "hostname",
};

/** What `bin/midpoint.sh` and `bin/ninja.sh` of v4.10.4 read themselves. */
const read = [
  ...["BOOT_OUT", "JAVA_HOME", "JAVA_OPTS", "MIDPOINT_HOME", "PID_FILE", "UMASK"],
  ...["MP_CERT", "MP_CHECK", "MP_DB_PW", "MP_ENTRY_POINT", "MP_GEN_SYSTEMD", "MP_INIT_CFG", "MP_INIT_LOOP"],
  ...["MP_KEYSTORE", "MP_MEM_INIT", "MP_MEM_MAX", "MP_NO_ENV_COMPAT", "MP_PW", "MP_PW_DEF", "MP_USER"],
];

/** Properties that midPoint reads: `MidpointConfiguration`, `JdbcRepositoryConfiguration`, `KeyStoreBasedProtector`, Spring Boot, the JVM. */
const properties = [
  "javax.net.ssl.trustStore",
  "midpoint.administrator.initialPassword",
  "midpoint.keystore.encryptionKeyAlias",
  "midpoint.keystore.keyStorePassword",
  "midpoint.keystore.keyStorePath",
  "midpoint.nodeIdSource",
  "midpoint.repository.database",
  "midpoint.repository.hibernateHbm2ddl",
  "midpoint.repository.jdbcPassword",
  "midpoint.repository.jdbcUrl",
  "midpoint.repository.jdbcUsername",
  "midpoint.repository.maxPoolSize",
  "midpoint.repository.minPoolSize",
  "midpoint.taskManager.clustered",
  "midpoint.url",
  "server.forwardHeadersStrategy",
  "server.servlet.session.timeout",
];

const variables = { ...nodeVariables(args), ...ninjaVariables(args) };

describe("midPoint's environment", () => {
  it("has variables that the start script reads, and properties that midPoint reads, and no other", () => {
    // Java and Kubernetes read these two.
    const others = Object.keys(variables).filter(
      (name) => !/^MP_(UN)?SET_/.test(name) && !["HOME", "POD_NAME"].includes(name),
    );
    assert.deepEqual(
      others.filter((name) => !read.includes(name)),
      [],
    );
    const set = Object.keys(variables).filter((name) => /^MP_(UN)?SET_/.test(name));
    const named = set.map((name) =>
      name
        .replace(/^MP_(UN)?SET_/, "")
        .replace(/_FILE$/, "")
        .replaceAll("_", "."),
    );
    assert.deepEqual(
      named.filter((name) => !properties.includes(name)),
      [],
    );
  });

  it("gives every secret as a file, and nothing that the script's shell would interpret", () => {
    for (const [name, value] of Object.entries(variables)) {
      if (/password/i.test(name)) assert.match(name, /_FILE$/);
      // `$(POD_NAME)` is filled in by Kubernetes before the container starts.
      if (typeof value === "string") assert.doesNotMatch(value.replace("$(POD_NAME)", ""), /[$`\\"'\s]/, name);
    }
  });

  it("names the same list as the scripts themselves", function () {
    const scripts = ["midpoint.sh", "ninja.sh"].map(upstream);
    if (scripts.includes(undefined)) {
      console.log("    midPoint's scripts are not on this machine: the list of variables is not compared with them");
      this.skip();
    }
    const text = scripts.map((path) => readFileSync(path ?? "", "utf8")).join("\n");
    const uses = new Set(
      [...text.matchAll(/\$\{?((?:MP|MIDPOINT|JAVA|PID|BOOT)_[A-Z_]+|UMASK)\b|: "\$\{([A-Z_]+):=/g)].map(
        ([, one, other]) => one ?? other ?? "",
      ),
    );
    const compatibility = ["MP_KEYSTORE_PASSWORD_FILE"];
    assert.deepEqual([...uses].filter((name) => !compatibility.includes(name)).sort(), [...read].sort());
  });

  it("becomes the properties that it means, by the script's own reckoning", function () {
    const script = upstream("midpoint.sh");
    if (script === undefined || spawnSync("bash", ["--version"]).status !== 0) {
      console.log(
        "    midPoint's start script or bash is not on this machine: what it makes of variables is not tested",
      );
      this.skip();
    }
    const folder = mkdtempSync(join(tmpdir(), "groundplan-midpoint-"));
    try {
      const copy = join(folder, "midpoint.sh");
      // Up to where it looks for midPoint itself; then the options, through the shell as for Java.
      const [start = ""] = readFileSync(script ?? "", "utf8").split(': "${BOOT_OUT:=');
      writeFileSync(copy, `${start}\neval "printf '%s\\\\n'" \${JAVA_OPTS}\n`);
      const env: Record<string, string> = { PATH: process.env["PATH"] ?? "" };
      for (const [name, value] of Object.entries(nodeVariables(args)))
        env[name] = typeof value === "string" ? value.replace("$(POD_NAME)", "mp-pg-demo-0") : "mp-pg-demo-0";
      // What the image sets, and what has to win over it.
      env["JAVA_OPTS"] = "-Dmidpoint.repository.hibernateHbm2ddl=none";
      env["MIDPOINT_HOME"] = folder;
      env["MP_ENTRY_POINT"] = "";
      const { stdout, stderr, status } = spawnSync("bash", [copy, "container"], { env, encoding: "utf8" });
      assert.equal(status, 0, stderr);
      const options = stdout.split("\n").filter((line) => line.startsWith("-"));
      for (const option of [
        "-Xmx2048m",
        "-Xms1024m",
        "-Dmidpoint.nodeIdSource=hostname",
        "-Dmidpoint.taskManager.clustered=true",
        "-Dmidpoint.url=http://mp-pg-demo-0.mp-pg-demo.mp-demo.svc.cluster.local:8080/midpoint",
        "-Dmidpoint.repository.jdbcUrl=jdbc:postgresql://db.mp-demo.svc.cluster.local:5432/midpoint",
        "-Dmidpoint.repository.jdbcPassword_FILE=/opt/midpoint/config-secrets/password",
        "-Dmidpoint.keystore.keyStorePassword_FILE=/opt/midpoint/mount-keystore/keystore",
        "-Dmidpoint.keystore.encryptionKeyAlias=k2",
        "-Djavax.net.ssl.trustStore=/opt/midpoint/mount-keystore/keystore.jceks",
        "-Djavax.net.ssl.trustStoreType=jceks",
        "-Dserver.servlet.session.timeout=14400s",
      ])
        assert.ok(options.includes(option), `${option} is not among ${options.join(" ")}`);
      assert.ok(!options.some((option) => option.includes("hibernateHbm2ddl")));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
