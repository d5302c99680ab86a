import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asYaml, withSettings } from "../../../plan/doctor/fitting.ts";
import { InputError } from "../../../plan/input-error.ts";
import { Machine } from "./fakes.ts";

const ports = { key: "apiServerPorts", value: [443, 16443] };
const labels = { key: "dnsLabels", value: { "k8s-app": "kube-dns" } };

/** A stack file around a section `cluster`, which begins in its last line. */
const around = (section: string) => `# The stack
config:
  groundplan:domain: example.org # ours
  groundplan:cluster:${section}

  # What else there is
  groundplan:gateway: { enabled: 010 }
`;

describe("settings that fit the cluster", () => {
  for (const [name, before, after] of [
    ["in an object on one line", " { context: c } # a", " { context: c, apiServerPorts: [443, 16443] } # a"],
    [
      "in an object of lines, below the last one and its comment",
      "\n    # Where it is\n    context: c # a\n",
      "\n    # Where it is\n    context: c # a\n    apiServerPorts: [443, 16443]\n",
    ],
    [
      "in place of a value on one line",
      "\n    context: c\n    apiServerPorts: [443] # a\n    domain: x.y\n",
      "\n    context: c\n    apiServerPorts: [443, 16443] # a\n    domain: x.y\n",
    ],
    [
      "in place of a list of lines",
      "\n    apiServerPorts:\n    - 443\n    - 6443 # a\n    context: c\n",
      "\n    apiServerPorts: [443, 16443] # a\n    context: c\n",
    ],
    [
      "below an object of lines",
      "\n    context: c\n    dnsLabels:\n      a: b\n",
      "\n    context: c\n    dnsLabels:\n      a: b\n    apiServerPorts: [443, 16443]\n",
    ],
    ["in an object with a key in quotes", ' { "apiServerPorts": [1] }', " { apiServerPorts: [443, 16443] }"],
  ] as const)
    it(`are written ${name}, and every other character stays`, () =>
      assert.equal(withSettings(around(before), [ports]), around(after)));

  it("are written together, also where the section has another spelling", () => {
    const text = "config:\n  cluster: { context: c }\n";
    assert.equal(
      withSettings(text, [ports, labels]),
      'config:\n  cluster: { context: c, apiServerPorts: [443, 16443], dnsLabels: { "k8s-app": "kube-dns" } }\n',
    );
  });

  it("are left to a person where the section cannot be changed in place", () => {
    for (const text of [
      "config:\n  groundplan:domain: example.org\n",
      "config:\n  other: &a { context: c }\n  groundplan:cluster: *a\n",
      "config: {}\n",
      "",
    ])
      assert.throws(
        () => withSettings(text, [ports]),
        (error) => error instanceof InputError && error.message.endsWith(asYaml([ports])),
        text,
      );
  });

  it("are printed and written by the doctor", function () {
    this.timeout(300_000);
    const machine = new Machine();
    try {
      machine.list("endpointslices", [
        {
          metadata: { name: "kubernetes", namespace: "default" },
          endpoints: [{ addresses: ["192.0.2.1"] }],
          ports: [{ port: 16443 }],
        },
      ]);
      machine.answer("get---raw", { kubeletconfig: { clusterDomain: "k8s.example.org", clusterDNS: ["10.96.0.10"] } });
      machine.list("services", [
        { metadata: { name: "kube-dns", namespace: "kube-system" }, spec: { clusterIP: "10.96.0.10" } },
      ]);
      const file = join(machine.folder, "small.yaml");
      writeFileSync(
        file,
        "config:\n  groundplan:profile: dev\n  groundplan:domain: example.org\n  # Ours\n  groundplan:cluster: { context: kind-groundplan }\n",
      );
      const printed = machine.run(["--settings", file, "--write"]);
      assert.equal(printed.stderr, "");
      assert.match(
        printed.stdout,
        /small\.yaml: set groundplan:cluster\.apiServerPorts, groundplan:cluster\.domain\n$/,
      );
      assert.equal(printed.status, 0);
      assert.match(
        readFileSync(file, "utf8"),
        /# Ours\n {2}groundplan:cluster: \{ context: kind-groundplan, apiServerPorts: \[443, 16443\], domain: "k8s\.example\.org" \}\n$/,
      );
      const without = ["logging", "monitoring", "keycloak", "gateway"].flatMap((part) => ["--set", `${part}={}`]);
      const shown = machine.run(["--stack", "dev", "--settings", ...without]);
      assert.equal(shown.stdout, 'groundplan:cluster:\n  apiServerPorts: [443, 16443]\n  domain: "k8s.example.org"\n');
    } finally {
      machine.remove();
    }
  });
});
