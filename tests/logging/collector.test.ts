import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collectorConfiguration, parsersFile, statusPort } from "../../components/logging/collector/configuration.ts";
import type { CollectorShape } from "../../components/logging/collector/configuration.ts";
import { plannedReleases } from "../../plan/objects.ts";
import { recordStack, stackNamed } from "../stacks.ts";
import { datagrams, fluentBit, GelfListener, kubernetesApi, start, until } from "./fluent-bit.ts";
import { exporters } from "../monitoring/metrics.ts";

const shape: CollectorShape = {
  destination: { transport: "gelf", host: "graylog-gelf.logging.svc.cluster.local", port: 12201 },
  containers: "/var/log/containers",
  journal: "/var/log/journal",
  state: "/var/lib/fluent-bit",
  bufferMegabytes: 500,
  api: "https://kubernetes.default.svc:443",
  serviceAccount: "/var/run/secrets/kubernetes.io/serviceaccount",
  ownNamespace: "log-collector",
};

describe("the collector's configuration", () => {
  it("W21: sends hosts' and pods' logs by syslog where it is told to, each to its own port", () => {
    const { outputs } = collectorConfiguration({
      ...shape,
      destination: { transport: "syslog", host: "graylog-syslog", hostPort: 30514, podPort: 31514 },
    });
    assert.match(outputs, /Match host\.\*\n {4}Port 30514\n {4}Syslog_Severity_Key priority\n/);
    assert.match(outputs, /Match kube\.\*\n {4}Port 31514\n {4}Syslog_Message_Key log\n/);
  });

  it("D7: has an input for each output, and an output for each input", () => {
    for (const destination of [
      shape.destination,
      { transport: "syslog", host: "graylog-syslog", hostPort: 30514, podPort: 31514 } as const,
    ]) {
      const { inputs, outputs } = collectorConfiguration({ ...shape, destination });
      const families = (text: string, name: string) =>
        [...text.matchAll(new RegExp(`^ +${name} (\\w+)\\.`, "gm"))].map(([, family]) => family).sort();
      assert.deepEqual(families(inputs, "Tag"), ["host", "kube"]);
      assert.deepEqual(families(outputs, "Match"), families(inputs, "Tag"));
    }
  });

  it("D6: asks the API server at its Service, whatever the cluster is", async () => {
    for (const name of ["prod", "worldcereal"]) {
      const { resources } = await recordStack(stackNamed(name));
      const release = plannedReleases(resources).find(({ chart }) => chart === "fluent-bit");
      const addresses = JSON.stringify(release?.values).match(/Kube_URL \S+?(?=\\n)/g);
      assert.deepEqual(addresses, ["Kube_URL https://kubernetes.default.svc:443"], name);
    }
  });

  it("keeps everything that waits on the disk, and tries for ever", () => {
    const { inputs, filters, outputs } = collectorConfiguration(shape);
    assert.equal(inputs.match(/storage\.type filesystem/g)?.length, 2);
    assert.match(filters, /emitter_storage\.type filesystem/);
    assert.equal(outputs.match(/Retry_Limit no_limits\n {4}storage\.total_limit_size 500M/g)?.length, 2);
  });

  it("leaves the hosts' own logs alone without a journal", () => {
    assert.doesNotMatch(collectorConfiguration({ ...shape, journal: undefined }).inputs, /systemd/);
  });
});

// Everything below needs the real program.
describe("Fluent Bit", function () {
  this.timeout(300_000);
  const program = fluentBit();
  let folder = "";
  let api: Awaited<ReturnType<typeof kubernetesApi>>;
  const log = (pod = "shop-0", namespace = "shop") =>
    join(folder, "containers", `${pod}_${namespace}_app-${"a".repeat(64)}.log`);
  const line = (text: string) => `2026-03-01T10:00:00.000000000Z stdout F ${text}\n`;

  before(async function () {
    if (program === undefined) {
      console.log("      skipped: fluent-bit is neither on PATH nor in ~/.cache/groundplan/bin");
      return this.skip();
    }
    api = await kubernetesApi();
  });
  after(() => api?.close());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "groundplan-"));
    for (const name of ["containers", "journal", "state", "account"]) mkdirSync(join(folder, name));
    writeFileSync(join(folder, "account", "token"), "token");
    writeFileSync(join(folder, "account", "namespace"), "log-collector");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** The configuration in one file, with the paths of this test and nothing that needs the image. */
  function file(destination: CollectorShape["destination"], more = "", status?: number): string {
    const here = {
      ...shape,
      destination,
      containers: join(folder, "containers"),
      journal: join(folder, "journal"),
      state: join(folder, "state"),
      api: api.url,
      serviceAccount: join(folder, "account"),
    };
    const { service, inputs, filters, outputs, customParsers } = collectorConfiguration(here);
    writeFileSync(join(folder, "parsers.conf"), customParsers);
    const [from, to] =
      status === undefined ? ["HTTP_Server On", "HTTP_Server Off"] : [`HTTP_Port ${statusPort}`, `HTTP_Port ${status}`];
    const own = service.replace(parsersFile, join(folder, "parsers.conf")).replace(from, to);
    const path = join(folder, "fluent-bit.conf");
    writeFileSync(path, [own, inputs, more, filters, outputs].join("\n"));
    return path;
  }

  it("accepts the configuration as it is deployed, for both ways to send", () => {
    const syslog = { transport: "syslog", host: "graylog-syslog", hostPort: 30514, podPort: 31514 } as const;
    for (const destination of [shape.destination, syslog]) {
      const { service, inputs, filters, outputs, customParsers } = collectorConfiguration({ ...shape, destination });
      const path = join(folder, "dry.conf");
      const parsers = join(folder, "parsers.conf");
      writeFileSync(parsers, customParsers);
      const own = service.replace(parsersFile, parsers);
      writeFileSync(path, [own, inputs, filters, outputs].join("\n"));
      const said = spawnSync(program ?? "", ["-c", path, "--dry-run"], {
        encoding: "utf8",
        env: { NODE_NAME: "node-1" },
      });
      assert.match(said.stdout + said.stderr, /configuration test is successful/);
    }
  });

  it("sends a pod's line with its metadata as GELF", async () => {
    const listener = new GelfListener();
    const port = await listener.listen();
    writeFileSync(log(), line("hello") + line("") + line('{"level":"WARN","timestamp":"x","n":1.5}'));
    writeFileSync(log("fluent-bit-x", "log-collector"), line("about myself"));
    const running = start(program ?? "", file({ transport: "gelf", host: "127.0.0.1", port }));
    try {
      await until(() => listener.messages.length >= 2, running.said);
      await new Promise((resolve) => setTimeout(resolve, 2500));
      assert.deepEqual(
        listener.messages.map((message) => message["short_message"]),
        ["hello", '{"level":"WARN","timestamp":"x","n":1.5}'],
        "nothing empty, and nothing of its own",
      );
      const [first, second] = listener.messages;
      assert.equal(first?.["host"], "node-1");
      assert.equal(first?.["timestamp"], Date.UTC(2026, 2, 1, 10) / 1000);
      assert.equal(first?.["_input_src"], "system-k8s");
      assert.equal(first?.["_kubernetes_namespace_name"], "shop");
      assert.equal(first?.["_kubernetes_pod_name"], "shop-0");
      assert.equal(first?.["_kubernetes_container_name"], "app");
      assert.equal(first?.["_kubernetes_labels_app.kubernetes.io_name"], "shop");
      assert.deepEqual([first?.["__p"], first?.["_time"]], [undefined, undefined]);
      assert.deepEqual([second?.["level"], second?.["_data_level"], second?.["_data_n"]], [undefined, "WARN", 1.5]);
    } finally {
      await running.stop();
      await listener.close();
    }
  });

  it("puts together stack traces of Java and Python, and lines that the runtime split", async () => {
    const java = [
      'Exception in thread "main" java.lang.IllegalStateException: broken',
      "    at org.example.Shop.sell(Shop.java:10)",
      "    at org.example.Shop.main(Shop.java:3)",
      "Caused by: java.io.IOException: no disk",
      "    at org.example.Disk.write(Disk.java:7)",
      "    ... 2 more",
    ];
    const python = [
      "Traceback (most recent call last):",
      '  File "/shop.py", line 3, in <module>',
      "    sell()",
      "ValueError: nothing left",
    ];
    const split = "2026-03-01T10:00:00.000000000Z stdout P one long \n2026-03-01T10:00:00.000000000Z stdout F line\n";
    writeFileSync(
      log(),
      line("before") + java.map(line).join("") + line("between") + python.map(line).join("") + split + line("after"),
    );
    const listener = new GelfListener();
    const port = await listener.listen();
    const running = start(program ?? "", file({ transport: "gelf", host: "127.0.0.1", port }));
    try {
      await until(
        () => listener.messages.length >= 6,
        () => running.said() + JSON.stringify(listener.messages),
      );
      assert.deepEqual(
        listener.messages.map((message) => String(message["short_message"]).trimEnd()).sort(),
        ["before", java.join("\n"), "between", python.join("\n"), "one long line", "after"].sort(),
      );
    } finally {
      await running.stop();
      await listener.close();
    }
  });

  it("loses nothing while nobody listens, even where it is killed and started again meanwhile", async () => {
    const listener = new GelfListener();
    const port = await listener.listen();
    writeFileSync(log(), line("first"));
    const path = file({ transport: "gelf", host: "127.0.0.1", port });
    let running = start(program ?? "", path);
    try {
      await until(() => listener.messages.length === 1, running.said);
      await listener.close();
      const lines = Array.from({ length: 300 }, (_, index) => `line ${index}`);
      appendFileSync(log(), lines.slice(0, 200).map(line).join(""));
      await until(() => running.said().includes("retry"), running.said);
      await running.stop();
      appendFileSync(log(), lines.slice(200).map(line).join(""));
      running = start(program ?? "", path);
      await new Promise((resolve) => setTimeout(resolve, 2000));
      await listener.listen(port);
      const arrived = () => new Set(listener.messages.map((message) => message["short_message"]));
      await until(
        () => arrived().size === 301,
        () => `${arrived().size} of 301\n${running.said()}`,
        60,
      );
      assert.deepEqual([...arrived()].sort(), ["first", ...lines].sort());
    } finally {
      await running.stop();
      await listener.close();
    }
  });

  it("exports every metric that alerts and dashboards name, and tells by them that nothing arrives", async () => {
    // Ports that nobody listens at: the listener's is free again once it is closed.
    const listener = new GelfListener();
    const port = await listener.listen();
    const other = new GelfListener();
    const status = await other.listen();
    await Promise.all([listener.close(), other.close()]);
    writeFileSync(log(), line("hello"));
    const running = start(program ?? "", file({ transport: "gelf", host: "127.0.0.1", port }, "", status));
    const exported = async () => {
      try {
        // The path that the chart's ServiceMonitor has.
        return await (await fetch(`http://127.0.0.1:${status}/api/v2/metrics/prometheus`)).text();
      } catch {
        return "";
      }
    };
    const value = (text: string, metric: string) =>
      [...text.matchAll(new RegExp(`^${metric}(?:\\{[^}]*\\})? (\\S+)$`, "gm"))].map(([, number]) => Number(number));
    try {
      let text = "";
      for (let tries = 0; tries < 60 && !value(text, "fluentbit_output_retries_total").some((n) => n > 0); tries++) {
        await new Promise((resolve) => setTimeout(resolve, 250));
        text = await exported();
      }
      for (const metric of exporters["fluent-bit"].metrics) assert.notDeepEqual(value(text, metric), [], metric);
      assert.ok(
        value(text, "fluentbit_output_retries_total").some((number) => number > 0),
        running.said(),
      );
      assert.deepEqual(value(text, "fluentbit_output_proc_records_total"), [0, 0]);
      assert.deepEqual(value(text, "fluentbit_output_dropped_records_total"), [0, 0]);
      assert.match(text, /fluentbit_output_retries_total\{name="gelf\.1"\}/);
    } finally {
      await running.stop();
    }
  });

  it("sends a host's message with its level, as GELF and as syslog", async () => {
    const record =
      '{"message":"disk is full","priority":"3","syslog_facility":"3","syslog_identifier":"kernel","hostname":"worker"}';
    const dummy = `[INPUT]\n    Name dummy\n    Tag host.kernel\n    Dummy ${record}\n    Samples 1\n`;
    const listener = new GelfListener();
    const port = await listener.listen();
    let running = start(program ?? "", file({ transport: "gelf", host: "127.0.0.1", port }, dummy));
    try {
      await until(() => listener.messages.length === 1, running.said);
      const [message] = listener.messages;
      assert.deepEqual(
        ["short_message", "host", "level", "_input_src"].map((name) => message?.[name]),
        ["disk is full", "worker", 3, "system-hosts"],
      );
    } finally {
      await running.stop();
      await listener.close();
    }
    const hosts = await datagrams();
    const pods = await datagrams();
    writeFileSync(log(), line("hello"));
    rmSync(join(folder, "state"), { recursive: true });
    mkdirSync(join(folder, "state"));
    running = start(
      program ?? "",
      file({ transport: "syslog", host: "127.0.0.1", hostPort: hosts.port, podPort: pods.port }, dummy),
    );
    try {
      await until(() => hosts.texts.length > 0 && pods.texts.length > 0, running.said);
      // Facility 3 and severity 3 (RFC 5424, 6.2.1): 3 * 8 + 3.
      assert.match(hosts.texts[0] ?? "", /^<27>1 \S+ worker kernel - - - .?disk is full/);
      assert.match(pods.texts[0] ?? "", /^<14>1 2026-03-01T10:00:00\S+ node-1 - - - - .?hello/);
    } finally {
      await running.stop();
      hosts.close();
      pods.close();
    }
  });
});
