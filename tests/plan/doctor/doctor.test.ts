import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Diagnosis } from "../../../plan/doctor/diagnosis.ts";
import { root } from "../../stacks.ts";
import { Machine } from "./fakes.ts";

/** Verbs that only read; a call with any other would be a fault, whatever it did. */
const readOnly = /^(get [a-z]|get --raw \/api\/v1\/nodes\/a\/proxy\/configz |version -o json|auth can-i |config view)/;

/** Whether a process has ended; where nobody waits for orphans, it stays as a zombie (proc(5), "State"). */
function isGone(pid: string): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", pid], { encoding: "utf8" });
  return stdout.trim() === "" || stdout.trim().startsWith("Z");
}

describe("the doctor, from the command line", function () {
  this.timeout(300_000);
  let machine: Machine;
  beforeEach(() => (machine = new Machine()));
  afterEach(() => machine.remove());

  const dev = ["--stack", "dev", "--offline"];
  /** Without what takes long to plan. */
  const without = ["logging", "monitoring", "keycloak", "gateway"].flatMap((part) => ["--set", `${part}={}`]);
  const small = [...dev, ...without];
  const findings = (text: string) => (JSON.parse(text) as { findings: Diagnosis[] }).findings;

  /** What the first test's run says of the whole of dev. */
  let whole = "";
  it("finds nothing against up where all is well, and only reads", () => {
    const { status, stdout, stderr, calls } = machine.run(dev);
    whole = stdout;
    assert.equal(stderr, "");
    assert.equal(status, 0, stdout);
    assert.match(stdout, /kind-groundplan is the cluster at https:\/\/10\.0\.0\.1:6443/);
    assert.match(stdout, /ready for up/);
    assert.ok(calls.length > 10, calls.join("\n"));
    for (const call of calls) {
      assert.match(call, readOnly);
      if (!call.startsWith("config view")) {
        assert.match(call, /--context kind-groundplan/);
        assert.match(call, /--request-timeout=10s/);
      }
      // A list of Secrets as objects would bring their values here.
      if (call.startsWith("get secrets")) assert.doesNotMatch(call, /-o|--output/);
    }
    assert.deepEqual(readdirSync(join(machine.folder, "state")), [], "the backend was written to");
  });

  it("is plain text in a pipe: no colours, and no line but a command beyond 100 columns", () => {
    // eslint-disable-next-line no-control-regex -- the very thing that must not be there
    assert.doesNotMatch(whole, /\u001b\[/);
    assert.ok(whole.split("\n").length > 10);
    for (const line of whole.split("\n")) assert.ok(line.length <= 100 || line.includes(" $ "), line);
  });

  it("ends quietly when its reader has seen enough", () => {
    const command = `"${process.execPath}" "${join(root, "plan/doctor/doctor.ts")}" --host-script nfs | head -c 10 >/dev/null; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", command], { cwd: root, encoding: "utf8" });
    assert.deepEqual([stdout.trim(), stderr], ["0", ""]);
  });

  it("a cluster out of reach: one line, nothing further asked, exit code 1", () => {
    machine.script("version", 'echo "The connection to the server 10.0.0.1:6443 was refused" >&2; exit 1');
    const { status, stdout, calls } = machine.run(small);
    assert.equal(status, 1);
    assert.match(stdout, /FAIL .*10\.0\.0\.1:6443, but it does not/);
    assert.match(stdout, /was refused/);
    assert.deepEqual(
      calls.map((call) => call.split(" ")[0]),
      ["config", "version"],
    );
  });

  it("a command that hangs is ended, with what it started", () => {
    const pids = join(machine.folder, "pids");
    machine.script("get-nodes", `sh -c 'echo $$ >> ${pids}; sleep 300' & echo $$ >> ${pids}; sleep 300`);
    const { status, stdout } = machine.run([...small, "--timeout", "10"]);
    // A doctor that waited for the command would be ended before it.
    assert.equal(status, 0);
    assert.match(stdout, /the nodes could not be checked: kubectl did not answer within 10 s/);
    for (const pid of readFileSync(pids, "utf8").trim().split("\n")) assert.ok(isGone(pid), `process ${pid} lives on`);
  });

  it("no kubectl: one plain line, and the rest of the report", () => {
    machine.withoutKubectl();
    const { status, stdout } = machine.run([...small, "--format", "json"]);
    assert.equal(status, 1);
    const cluster = findings(stdout).filter(({ area }) => area === "cluster");
    assert.deepEqual(
      cluster.map(({ check, level }) => [check, level]),
      [["kubectl", "fail"]],
    );
    assert.ok(findings(stdout).some(({ area }) => area === "state"));
  });

  it("answers of no expected form are lines of the report, and no stack traces", () => {
    machine.answer("get-nodes", '{"items": [{"metadata": {"name": 7}}, null]}');
    machine.answer("get-pods", "Warning: use something else\n{");
    machine.answer(
      "get-services",
      '{"items": [{"metadata": {"name": "s"}, "spec": {"type": "LoadBalancer"}, "status": {"loadBalancer": {"ingress": 5}}}]}',
    );
    machine.answer(
      "get-daemonsets",
      '{"items": [{"metadata": {"name": "aws-node"}, "spec": {"template": {"spec": {"containers": "none"}}}}]}',
    );
    machine.answer("get-storageclasses", "[]");
    machine.answer("get-secrets", "\u0000\u001b[31mno resources\n\n x");
    machine.answer("auth-can-i", "perhaps");
    const { status, stdout, stderr } = machine.run([...small, "--format", "json"]);
    assert.deepEqual([status, stderr], [0, ""]);
    const unknown = findings(stdout)
      .filter(({ level }) => level === "unknown")
      .map(({ check }) => check);
    for (const check of ["nodes-ready", "rights", "storage-classes", "network-policies", "load-balancer"])
      assert.ok(unknown.includes(check), `${check} in ${unknown.join()}`);
    // eslint-disable-next-line no-control-regex -- what another program prints must not steer the terminal
    assert.doesNotMatch(stdout, /\u001b|\u0000/);
  });

  it("never shows a secret that another program prints", () => {
    const secrets = {
      PULUMI_CONFIG_PASSPHRASE: "correct-horse-battery",
      AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI-example",
      PULUMI_BACKEND_URL: "postgres://me:hunter2hunter2@db.example.org/state",
    };
    machine.script(
      "version",
      'echo "error: $PULUMI_CONFIG_PASSPHRASE $AWS_SECRET_ACCESS_KEY Bearer abcdefgh12345678 https://u:pa55word@x" >&2; exit 1',
    );
    for (const format of ["text", "json"]) {
      const { stdout, stderr } = machine.run([...small, "--format", format], secrets);
      for (const secret of ["correct-horse", "wJalr", "hunter2", "abcdefgh1234", "pa55word"])
        assert.ok(!`${stdout}${stderr}`.includes(secret), `${secret} in ${format}`);
      assert.match(stdout, /\(hidden\)/);
    }
  });

  it("what a killed run left: the lock, the record and the Job, with their commands", () => {
    const locks = join(machine.folder, "state", ".pulumi", "locks", "organization", "groundplan", "dev");
    mkdirSync(locks, { recursive: true });
    writeFileSync(
      join(locks, "1.json"),
      '{"pid":1,"username":"ann","hostname":"elsewhere","timestamp":"2026-11-20T10:00:00Z"}',
    );
    machine.answer(
      "get-secrets",
      "cert-manager sh.helm.release.v1.cert-manager.v1 helm.sh/release.v1 1 5m cert-manager pending-install 1\n",
    );
    const { status, stdout } = machine.run(small);
    assert.equal(status, 1);
    assert.match(stdout, /locked by ann@elsewhere, process 1, since 2026-11-20/);
    assert.match(stdout, /\$ npx pulumi cancel --stack dev --yes/);
    assert.match(
      stdout,
      /\$ kubectl --context kind-groundplan delete secret sh\.helm\.release\.v1\.cert-manager\.v1 -n cert-manager/,
    );
  });

  it("settings that cannot be used: all problems, the tools and the state all the same, exit code 2", () => {
    const { status, stdout, calls } = machine.run([...small, "--set", "postgresql.replcas=3", "--set", "domain=-"]);
    assert.equal(status, 2);
    assert.match(stdout, /Pulumi CLI/);
    assert.match(stdout, /groundplan:postgresql\.replcas: unknown setting/);
    assert.match(stdout, /groundplan:domain/);
    assert.deepEqual(calls, []);
  });

  const mistakes: [string, string[], RegExp][] = [
    ["no stack", [], /name a stack: --stack dev/],
    ["a stack that is not there", ["--stack", "pord"], /there is no stack "pord"/],
    ["an unknown option", ["--stak", "dev"], /unknown option/],
    ["no time", ["--stack", "dev", "--timeout", "0"], /whole number of seconds/],
    ["an unknown script", ["--host-script", "magic"], /Allowed choices are nfs, nfs-server, sysctl/],
    ["clients that are no range", ["--host-script", "nfs-server", "--clients", "$(id)"], /expected a range/],
    [
      "clients that are everybody",
      ["--host-script", "nfs-server", "--clients", "0.0.0.0/0"],
      /every machine could mount it/,
    ],
    ["a path with tricks", ["--host-script", "nfs-server", "--path", "/x;id"], /expected an absolute path/],
  ];
  for (const [name, args, message] of mistakes) {
    it(`${name}: exit code 2 and a message`, () => {
      const { status, stderr, stdout } = machine.run(args);
      assert.deepEqual([status, stdout], [2, ""]);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /^\s+at /m);
    });
  }

  it("writes the scripts of a stack that mounts NFS, and none for one that does not", () => {
    const volume =
      "{name: v, size: 1Gi, claim: {namespace: hello, name: c}, source: {kind: nfs, server: 192.168.3.10, path: /storage}}";
    const into = join(machine.folder, "scripts");
    const args = [
      "--stack",
      "dev",
      ...without,
      "--set",
      `storage.volumes=[${volume}]`,
      "--scripts",
      into,
      "--clients",
      "192.168.3.0/24",
    ];
    assert.equal(machine.run(args).status, 0);
    assert.deepEqual(readdirSync(into).sort(), ["nfs-server-192.168.3.10-storage.sh", "nfs.sh"]);
    assert.match(readFileSync(join(into, "nfs-server-192.168.3.10-storage.sh"), "utf8"), /192\.168\.3\.0\/24/);
    const { status, stdout, calls } = machine.run([
      ...["--stack", "dev", ...without],
      ...["--scripts", join(machine.folder, "none")],
    ]);
    assert.deepEqual([status, calls], [0, []]);
    assert.match(stdout, /no script is needed/);
  });

  it("looks at a real cluster, where KUBECONFIG names one", function () {
    const kubeconfig = process.env["KUBECONFIG"] ?? "";
    const name = spawnSync("kubectl", ["config", "current-context"], { encoding: "utf8" }).stdout?.trim();
    const version = ["version", "-o", "json", "--request-timeout=3s"];
    if (kubeconfig === "" || !name || spawnSync("kubectl", version).status !== 0) {
      console.log("    skipped: KUBECONFIG names no cluster that answers");
      return this.skip();
    }
    const args = [
      "plan/doctor/doctor.ts",
      "--stack",
      "dev",
      "--set",
      `cluster.context=${name}`,
      "--offline",
      "--format",
      "json",
    ];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
    assert.equal(stderr, "");
    const checks = findings(stdout).filter(({ check, level }) => check === "context" && level === "ok");
    assert.equal(checks.length, 1, stdout);
  });
});
