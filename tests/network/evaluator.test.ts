import assert from "node:assert/strict";
import { allows, inRange } from "./evaluator.ts";
import type { Cluster, Connection, Endpoint, NetworkPolicy, Pod } from "./evaluator.ts";

const pod = (namespace: string, name: string, labels: Record<string, string>, ip: string): Pod => ({
  namespace,
  name,
  labels,
  ip,
});
const db: Pod = {
  ...pod("default", "db", { role: "db", tier: "back" }, "10.244.0.1"),
  namedPorts: { redis: { port: 6379 }, dns: { port: 53, protocol: "UDP" } },
};
const web = pod("default", "web", { role: "frontend" }, "10.244.0.2");
const batch = pod("default", "batch", {}, "10.244.0.3");
const client = pod("mine", "client", { role: "client" }, "10.244.1.1");
const guest = pod("mine", "guest", { role: "guest" }, "10.244.1.2");
const alien = pod("other", "client", { role: "client" }, "10.244.2.1");
const namespaces = {
  default: { "kubernetes.io/metadata.name": "default" },
  mine: { "kubernetes.io/metadata.name": "mine", project: "myproject" },
  other: { "kubernetes.io/metadata.name": "other" },
};

type Spec = NetworkPolicy["spec"];
const forDb = { podSelector: { matchLabels: { role: "db" } } };
const from = (...peers: object[]): Spec => ({ ...forDb, ingress: [{ from: peers }] });
const onPorts = (...ports: object[]): Spec => ({ ...forDb, ingress: [{ ports }] });
const whose = (...matchExpressions: { key: string; operator: string; values?: string[] }[]): Spec => ({
  podSelector: { matchExpressions },
});
const pods: Record<string, Pod> = { db, web, batch, client, guest, alien };

/** Connections as the table writes them: `from>to:port` or `from>to:port/protocol`, pods by name and others by address. */
function connections(text: string): Connection[] {
  return text.split(" ").flatMap((word) => {
    const [, source = "", target = "", port = "", protocol = "TCP"] = /^(.+)>(.+):(\d+)(?:\/(.+))?$/.exec(word) ?? [];
    const side = (name: string): Endpoint => pods[name] ?? { ip: name };
    return word === ""
      ? []
      : [{ from: side(source), to: side(target), port: Number(port), protocol: protocol as Connection["protocol"] }];
  });
}

// The example of "Network Policies" (kubernetes.io/docs/concepts/services-networking/network-policies).
const documented: Spec = {
  ...forDb,
  policyTypes: ["Ingress", "Egress"],
  ingress: [
    {
      from: [
        { ipBlock: { cidr: "172.17.0.0/16", except: ["172.17.1.0/24"] } },
        { namespaceSelector: { matchLabels: { project: "myproject" } } },
        { podSelector: { matchLabels: { role: "frontend" } } },
      ],
      ports: [{ protocol: "TCP", port: 6379 }],
    },
  ],
  egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/24" } }], ports: [{ protocol: "TCP", port: 5978 }] }],
};

// What policies in the namespace `default` say, what they allow, and what they deny.
const cases: [string, Spec[], string, string][] = [
  ["no policy allows everything", [], "alien>db:1 db>8.8.8.8:53/UDP", ""],
  [
    "default deny ingress: to every pod of the namespace, not from it, and not elsewhere",
    [{ podSelector: {}, policyTypes: ["Ingress"] }],
    "db>alien:80 web>1.2.3.4:443 web>client:80",
    "web>db:80 1.2.3.4>db:80 client>batch:80",
  ],
  [
    "default deny egress",
    [{ podSelector: {}, policyTypes: ["Egress"] }],
    "client>db:80 1.2.3.4>db:80",
    "web>db:80 db>alien:80 db>10.0.0.1:53/UDP",
  ],
  [
    "default deny all",
    [{ podSelector: {}, policyTypes: ["Ingress", "Egress"] }],
    "client>alien:80",
    "client>db:80 db>client:80 web>db:80",
  ],
  ["a pod cannot block itself", [{ podSelector: {}, policyTypes: ["Ingress", "Egress"] }], "db>db:6379", "web>db:6379"],
  ["no podSelector selects every pod", [{ policyTypes: ["Ingress"] }], "", "client>batch:80"],
  ["without policyTypes ingress is restricted, even without ingress rules", [forDb], "db>client:80", "client>db:80"],
  [
    "without policyTypes egress is restricted where there are egress rules, and ingress with it",
    [{ ...forDb, egress: [{ to: [{ namespaceSelector: {} }] }] }],
    "db>client:80",
    "db>1.2.3.4:80 client>db:80",
  ],
  [
    "without policyTypes an empty list of egress rules restricts no egress",
    [{ ...forDb, egress: [] }],
    "db>client:80",
    "",
  ],
  [
    "policyTypes Egress leaves ingress alone, whatever the ingress rules say",
    [{ ...forDb, policyTypes: ["Egress"], ingress: [] }],
    "client>db:80",
    "db>client:80",
  ],
  [
    "an empty rule allows all",
    [{ podSelector: {}, ingress: [{}] }],
    "alien>db:1 2001:db8::1>db:53/UDP client>db:1/SCTP",
    "",
  ],
  ["empty lists of peers and ports allow all", [{ ...forDb, ingress: [{ from: [], ports: [] }] }], "alien>db:9", ""],
  [
    "the documented example's ingress",
    [documented],
    "172.17.0.9>db:6379 client>db:6379 guest>db:6379 web>db:6379 alien>web:6379",
    "172.17.1.9>db:6379 172.18.0.1>db:6379 alien>db:6379 batch>db:6379 web>db:80",
  ],
  [
    "the documented example's egress",
    [documented],
    "db>10.0.0.7:5978",
    "db>10.0.1.7:5978 db>10.0.0.7:80 db>10.0.0.7:5978/UDP",
  ],
  [
    "one peer with both selectors takes pods that match both",
    [
      from({
        namespaceSelector: { matchLabels: { project: "myproject" } },
        podSelector: { matchLabels: { role: "client" } },
      }),
    ],
    "client>db:1",
    "guest>db:1 alien>db:1 web>db:1",
  ],
  [
    "two peers with one selector each take pods that match either",
    [
      from(
        { namespaceSelector: { matchLabels: { project: "myproject" } } },
        { podSelector: { matchLabels: { role: "frontend" } } },
      ),
    ],
    "client>db:1 guest>db:1 web>db:1",
    "alien>db:1 batch>db:1",
  ],
  ["a podSelector alone stays in the policy's namespace", [from({ podSelector: {} })], "web>db:1", "client>db:1"],
  [
    "an empty namespaceSelector takes every pod, and no address",
    [from({ namespaceSelector: {} })],
    "alien>db:1",
    "1.2.3.4>db:1",
  ],
  ["an ipBlock takes pods by their address", [from({ ipBlock: { cidr: "10.244.1.0/24" } })], "guest>db:1", "web>db:1"],
  [
    "an ipBlock takes addresses of its family",
    [from({ ipBlock: { cidr: "0.0.0.0/0" } })],
    "8.8.8.8>db:1",
    "2001:db8::1>db:1",
  ],
  [
    "ports: TCP unless said, the protocol alone for all of its ports, a number in any case",
    [onPorts({ port: 80 }, { protocol: "UDP" })],
    "web>db:80 web>db:12345/UDP",
    "web>db:81 web>db:80/SCTP",
  ],
  [
    "endPort closes a range",
    [onPorts({ protocol: "TCP", port: 32000, endPort: 32768 })],
    "web>db:32000 web>db:32768",
    "web>db:31999 web>db:32769 web>db:32000/UDP",
  ],
  [
    "a port's name is that of the receiving pod, in its protocol",
    [onPorts({ port: "redis" }, { port: "dns", protocol: "TCP" })],
    "web>db:6379",
    "web>db:53 web>db:53/UDP web>db:80",
  ],
  [
    "a named port of egress is looked up where it goes",
    [{ podSelector: {}, policyTypes: ["Egress"], egress: [{ ports: [{ port: "redis" }] }] }],
    "web>db:6379",
    "web>client:6379 web>1.2.3.4:6379",
  ],
  [
    "policies add up: what either allows is allowed",
    [{ podSelector: {} }, from({ podSelector: { matchLabels: { role: "frontend" } } }), onPorts({ port: 80 })],
    "web>db:1 client>db:80",
    "client>db:1 client>web:80",
  ],
  [
    "rules add up, but a rule's peers and ports go together",
    [
      {
        ...forDb,
        ingress: [
          { from: [{ podSelector: { matchLabels: { role: "frontend" } } }], ports: [{ port: 1 }] },
          { from: [{ namespaceSelector: { matchLabels: { project: "myproject" } } }], ports: [{ port: 2 }] },
        ],
      },
    ],
    "web>db:1 client>db:2",
    "web>db:2 client>db:1",
  ],
  [
    "both sides must allow: the sender's egress and the receiver's ingress",
    [from({ podSelector: {} }), { podSelector: { matchLabels: { role: "frontend" } }, policyTypes: ["Egress"] }],
    "batch>db:1",
    "web>db:1",
  ],
  ["In", [whose({ key: "role", operator: "In", values: ["db", "x"] })], "client>web:1 client>batch:1", "client>db:1"],
  [
    "NotIn takes pods without the label too",
    [whose({ key: "role", operator: "NotIn", values: ["db"] })],
    "client>db:1",
    "client>web:1 client>batch:1",
  ],
  ["Exists", [whose({ key: "role", operator: "Exists" })], "client>batch:1", "client>db:1 client>web:1"],
  ["DoesNotExist", [whose({ key: "role", operator: "DoesNotExist" })], "client>db:1", "client>batch:1"],
  [
    "all requirements of a selector hold together",
    [
      {
        podSelector: {
          matchLabels: { role: "db" },
          matchExpressions: [{ key: "tier", operator: "In", values: ["front"] }],
        },
      },
    ],
    "client>db:1",
    "",
  ],
];

describe("the evaluator of network policies, by the documented semantics:", () => {
  for (const [name, specs, open, closed] of cases) {
    it(name, () => {
      const cluster: Cluster = {
        namespaces,
        policies: specs.map((spec) => ({ metadata: { namespace: "default" }, spec })),
      };
      const allowed = (text: string) =>
        text.split(" ").filter((word) => connections(word).some((connection) => allows(cluster, connection)));
      assert.deepEqual(allowed(open).join(" "), open, "should be allowed");
      assert.deepEqual(allowed(closed), [], "should be denied");
    });
  }

  it("refuses peers that the API refuses", () => {
    for (const peer of [{}, { ipBlock: { cidr: "10.0.0.0/8" }, podSelector: {} }]) {
      const policies = [{ metadata: { namespace: "default" }, spec: from(peer) }];
      assert.throws(() => allows({ namespaces, policies }, { from: web, to: db, port: 1 }), TypeError);
    }
  });

  it("knows address ranges of both families", () =>
    assert.deepEqual(
      [
        ["10.1.2.3", "10.1.2.3/32"],
        ["10.1.2.4", "10.1.2.3/32"],
        ["255.255.255.255", "0.0.0.0/0"],
        ["2001:db8:1::1", "2001:db8::/32"],
        ["2001:db9::1", "2001:db8::/32"],
        ["10.0.0.1", "::/0"],
      ].map(([ip = "", cidr = ""]) => inRange(ip, cidr)),
      [true, false, true, true, false, false],
    ));
});
