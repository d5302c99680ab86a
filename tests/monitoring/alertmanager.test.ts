import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alertmanagerConfig, receiverPorts, receiverSecrets } from "../../components/monitoring/alertmanager.ts";
import type { Alerting } from "../../components/monitoring/alertmanager.ts";
import { stableJson } from "../../components/kit/stable.ts";

const everything: Alerting = {
  receiver: "mail",
  receivers: [
    {
      name: "mail",
      kind: "email",
      to: "ops@example.org",
      from: "alerts@example.org",
      host: "mail.example.org",
      port: 587,
      username: "alerts",
      passwordSecret: "mail-password",
      sendResolved: true,
    },
    { name: "chat", kind: "slack", channel: "#alerts", urlSecret: "slack-url", sendResolved: true },
    {
      name: "hook",
      kind: "webhook",
      url: "https://hooks.example.org:8443/alerts",
      tokenSecret: "hook-token",
      sendResolved: false,
    },
    { name: "night", kind: "pagerduty", routingKeySecret: "pagerduty-key", sendResolved: true },
  ],
  routes: [
    { receiver: "night", labels: { severity: "critical" }, continue: true },
    { receiver: "chat", labels: { severity: "critical" }, continue: false },
    { receiver: "hook", labels: { component: 'data"base' }, continue: false },
  ],
  deadMansSwitch: { urlSecret: "healthchecks", interval: "2m" },
};
const nothing: Alerting = { receivers: [], routes: [] };

const hasAmtool = spawnSync("amtool", ["--version"]).status === 0;

/** Runs amtool on a configuration; `url_file` of a webhook is newer (0.26) than the amtool of some distributions. */
function amtool(alerting: Alerting, ...args: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "groundplan-amtool-"));
  try {
    const file = join(folder, "alertmanager.yaml");
    const text = stableJson(alertmanagerConfig(alerting), 2);
    const version = execFileSync("amtool", ["--version"], { encoding: "utf8" });
    const old = /version 0\.(1[0-9]|2[0-5])\./.test(version);
    writeFileSync(file, old ? text.replace(/"url_file": "[^"]*"/g, '"url": "https://example.org/ping"') : text);
    return execFileSync(
      "amtool",
      args.map((arg) => arg.replace("FILE", file)),
      { encoding: "utf8" },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("Alertmanager's configuration", () => {
  it("names files instead of secrets, each of which its Secret holds", () => {
    const text = stableJson(alertmanagerConfig(everything));
    const files = [...text.matchAll(/"\/etc\/alertmanager\/secrets\/alertmanager-receivers\/([^"]*)"/g)].map(
      ([, key]) => key,
    );
    assert.deepEqual(files.sort(), Object.keys(receiverSecrets(everything)).sort());
    assert.deepEqual(receiverSecrets(everything), {
      "mail-password": "mail-password",
      "chat-url": "slack-url",
      "hook-token": "hook-token",
      "night-routing-key": "pagerduty-key",
      "dead-mans-switch-url": "healthchecks",
    });
    assert.deepEqual(receiverSecrets(nothing), {});
  });

  it("says at which ports receivers answer", () => {
    assert.deepEqual(receiverPorts(everything), [443, 587, 8443]);
    assert.deepEqual(receiverPorts(nothing), []);
    const hook = { name: "h", kind: "webhook", url: "http://hooks.example.org/a", sendResolved: true } as const;
    assert.deepEqual(receiverPorts({ receivers: [hook], routes: [] }), [80]);
  });

  for (const [name, alerting] of [
    ["every kind of receiver", everything],
    ["nobody", nothing],
  ] as const)
    it(`with ${name} is accepted by amtool`, function () {
      if (!hasAmtool) {
        console.log("      skipped: amtool is not on PATH (Debian's prometheus-alertmanager)");
        return this.skip();
      }
      assert.match(amtool(alerting, "check-config", "FILE"), /SUCCESS/);
    });

  const routes: readonly (readonly [Alerting, string, readonly string[]])[] = [
    [everything, "dead-mans-switch", ["alertname=Watchdog"]],
    [everything, "mail", ["alertname=TargetDown", "severity=warning"]],
    [everything, "night,chat", ["alertname=TargetDown", "severity=critical"]],
    [everything, "hook", ['component=data"base', "severity=info"]],
    [everything, "nobody", ["alertname=CPUThrottlingHigh", "severity=info"]],
    [nothing, "nobody", ["alertname=Watchdog"]],
    [nothing, "nobody", ["alertname=TargetDown", "severity=critical"]],
  ];
  for (const [alerting, receivers, labels] of routes)
    it(`brings ${labels.join(" ")} to ${receivers} where ${alerting.receivers.length} receivers are`, function () {
      if (!hasAmtool) return this.skip();
      const asked = amtool(
        alerting,
        "config",
        "routes",
        "test",
        "--config.file=FILE",
        ...labels.map((label) => label.replace(/=(.*)$/s, (_, value: string) => `=${JSON.stringify(value)}`)),
      );
      assert.equal(asked.trim(), receivers);
    });
});
