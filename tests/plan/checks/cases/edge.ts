import { object, one, remove } from "../draft.ts";
import type { Draft, Loose } from "../draft.ts";
import { after, definition, peer, policy } from "../good.ts";
import type { Case } from "./case.ts";

const edge = "Edge app/web to app/mongo (test)";
const addRule = (draft: Draft, rule: object) => {
  (one(draft, "Ingress app/web").manifest.spec.rules as object[]).push(rule);
};
const allow = (name: string, change: (spec: Loose) => unknown, finds: RegExp[], also?: string[]): Case => ({
  id: "GP082",
  name,
  when: (draft: Draft) => change(one(draft, "NetworkPolicy app/mongo").manifest.spec),
  finds: finds.map((message) => [edge, message]),
  ...(also === undefined ? {} : { also }),
});
const outside = (cidr: string, wanted: string[] | undefined, finds: RegExp[]): Case => ({
  id: "GP082",
  name: `${wanted?.join() ?? "any address"} through ${cidr}`,
  when: (draft: Draft) => {
    draft.ledger.edges.push({
      from: { kind: "pods", namespace: "app", labels: { app: "logs" } },
      to: { kind: "outside", ...(wanted && { cidrs: wanted }) },
      ports: [443],
      purpose: "mail",
    });
    draft.objects.push(
      policy("mail", {
        podSelector: { matchLabels: { app: "logs" } },
        policyTypes: ["Egress"],
        egress: [{ to: [{ ipBlock: { cidr } }], ports: [{ port: 443 }] }],
      }),
    );
  },
  finds: finds.map((message) => ["Edge app/logs to outside (mail)", message]),
});

/** A host at the gateway of a stack with external-dns. */
const recorded = (name: string, host: string, zones: string[], finds: RegExp[]): Case => ({
  id: "GP159",
  name,
  when: (draft: Draft) => {
    Object.assign(draft.settings, {
      certificates: { issuers: [{ name: "own", kind: "self-signed" }] },
      gateway: { enabled: true, kind: "traefik" },
      dns: { provider: { kind: "rfc2136", nameserver: "192.0.2.53" }, zones },
    });
    draft.ledger.hosts.push({ host, purpose: "test", service: { namespace: "gateway", name: "kong-proxy" } });
  },
  finds: finds.map((message) => [`Host ${host}`, message]),
  also: ["GP081"],
});

/** Cases of plan/checks/hosts.ts and network.ts. */
export const edgeCases: readonly Case[] = [
  recorded("a host in no zone", "shop.example.net", ["example.com"], [/in none of the zones example\.com/]),
  recorded("a name that only ends like a zone", "myexample.com", ["example.com"], [/in none of the zones/]),
  recorded("a host below the domain, which is the zone", "shop.example.org", [], []),
  recorded("the zone itself", "example.com", ["example.com"], []),
  {
    id: "GP080",
    name: "a host that no tls section names",
    when: (draft) => addRule(draft, { host: "plain.example.org" }),
    finds: [["Ingress app/web", /serves plain.example.org over plain HTTP/]],
  },
  {
    id: "GP080",
    name: "a rule for every host",
    when: (draft) => addRule(draft, { http: {} }),
    finds: [["Ingress app/web", /serves every host/]],
  },
  {
    id: "GP080",
    name: "a wildcard that covers the host",
    when: (draft) => (one(draft, "Ingress app/web").manifest.spec.tls[0].hosts = ["*.example.org"]),
    finds: [],
  },
  {
    id: "GP080",
    name: "a wildcard that is one label short",
    when: (draft) => {
      one(draft, "Ingress app/web").manifest.spec.rules[0].host = "a.web.example.org";
      one(draft, "Ingress app/web").manifest.spec.tls[0].hosts = ["*.example.org"];
    },
    finds: [["Ingress app/web", /a.web.example.org/]],
  },
  {
    id: "GP080",
    name: "a Traefik route without tls, and one that only redirects",
    when: (draft) =>
      draft.objects.push(
        definition("traefik.io", "IngressRoute"),
        object(
          "traefik.io/v1alpha1",
          "IngressRoute",
          "app/plain",
          { spec: { routes: [{ match: "Host(`a`)" }] } },
          after("app/operator"),
        ),
        object(
          "traefik.io/v1alpha1",
          "IngressRoute",
          "app/redirect",
          { spec: { routes: [{ match: "Host(`b`)", middlewares: [{ name: "redirect" }] }] } },
          after("app/operator"),
        ),
      ),
    finds: [["IngressRoute app/plain", /has no tls section/]],
  },
  {
    id: "GP080",
    name: "a Gateway's listener without a certificate",
    when: (draft) =>
      draft.objects.push(
        definition("gateway.networking.k8s.io", "Gateway"),
        object(
          "gateway.networking.k8s.io/v1",
          "Gateway",
          "app/gateway",
          { spec: { listeners: [{ protocol: "HTTPS", hostname: "web.example.org" }] } },
          after("app/operator"),
        ),
      ),
    finds: [["Gateway app/gateway", /listens for web.example.org without a certificate/]],
  },
  {
    id: "GP081",
    name: "a Traefik route whose certificate is missing",
    when: (draft) =>
      draft.objects.push(
        definition("traefik.io", "IngressRoute"),
        object(
          "traefik.io/v1alpha1",
          "IngressRoute",
          "app/route",
          { spec: { routes: [{ match: "Host(`a`)" }], tls: { secretName: "none" } } },
          after("app/operator"),
        ),
      ),
    finds: [["IngressRoute app/route", /takes its certificate from app\/none, which is missing/]],
  },
  {
    id: "GP081",
    name: "a host without a certificate",
    when: (draft) => draft.ledger.hosts.push({ host: "bare.example.org", purpose: "test" }),
    finds: [["Host bare.example.org", /has no certificate/]],
  },
  {
    id: "GP081",
    name: "a certificate that nothing makes",
    when: (draft) => remove(draft, "Certificate app/web-tls"),
    finds: [
      ["Host web.example.org", /takes its certificate from app\/web-tls, which is missing/],
      ["Ingress app/web", /app\/web-tls, which is missing/],
    ],
  },
  {
    id: "GP081",
    name: "an Ingress that asks cert-manager itself",
    when: (draft) => {
      remove(draft, "Certificate app/web-tls");
      draft.ledger.hosts.length = 0;
      one(draft, "Ingress app/web").manifest.metadata.annotations = { "cert-manager.io/cluster-issuer": "ca" };
    },
    finds: [],
  },
  {
    id: "GP081",
    name: "a certificate of another host",
    when: (draft) => (one(draft, "Certificate app/web-tls").manifest.spec.dnsNames = ["other.example.org"]),
    finds: [["Host web.example.org", /is for other.example.org/]],
  },
  {
    id: "GP081",
    name: "a certificate in a Secret of the stack",
    when: (draft) => {
      remove(draft, "Certificate app/web-tls");
      draft.objects.push(
        object("v1", "Secret", "app/web-tls", { type: "kubernetes.io/tls", stringData: { "tls.crt": "(secret)" } }),
      );
    },
    finds: [],
  },
  allow("another port", (spec) => (spec.ingress[0].ports[0].port = 27018), [
    /no policy of app allows ingress on port 27017/,
  ]),
  allow("another protocol", (spec) => (spec.ingress[0].ports[0].protocol = "UDP"), [/ingress on port 27017/]),
  allow("a range of ports", (spec) => (spec.ingress[0].ports[0] = { port: 27000, endPort: 28000 }), []),
  allow("other peers", (spec) => (spec.ingress[0].from = [peer("app", { app: "job" })]), [/ingress on port 27017/]),
  allow("other pods", (spec) => (spec.podSelector.matchLabels = { app: "mongodb" }), [/ingress on port 27017/]),
  allow("every pod of the namespace", (spec) => (spec.ingress[0].from = [{ podSelector: {} }]), []),
  allow(
    "a namespace by an expression",
    (spec) => {
      const key = "kubernetes.io/metadata.name";
      spec.ingress[0].from = [{ namespaceSelector: { matchExpressions: [{ key, operator: "In", values: ["app"] }] } }];
    },
    [],
  ),
  ...(
    [
      ["NotIn", ["other"], []],
      ["NotIn", ["app"], [/ingress on port 27017/]],
      ["Exists", undefined, []],
      ["DoesNotExist", undefined, [/ingress on port 27017/]],
      ["Near", ["app"], [/ingress on port 27017/]],
    ] as [string, string[] | undefined, RegExp[]][]
  ).map(([operator, values, finds]) =>
    allow(
      `a namespace that is ${operator} ${values?.join() ?? ""}`,
      (spec) =>
        (spec.ingress[0].from = [
          { namespaceSelector: { matchExpressions: [{ key: "kubernetes.io/metadata.name", operator, values }] } },
        ]),
      finds,
    ),
  ),
  allow("everybody", (spec) => delete spec.ingress[0].from, [], ["GP084"]),
  {
    id: "GP082",
    name: "no way out",
    when: (draft) => remove(draft, "NetworkPolicy app/web"),
    finds: [[edge, /no policy of app allows egress on port 27017/]],
  },
  {
    id: "GP082",
    name: "pods of a namespace that is not the stack's",
    when: (draft) =>
      draft.ledger.edges.push({
        from: { kind: "pods", namespace: "elsewhere" },
        to: { kind: "pods", namespace: "kube-system" },
        ports: [1],
        purpose: "test",
      }),
    finds: [],
  },
  {
    id: "GP082",
    name: "the API server through a smaller range",
    when: (draft) => {
      const from = { kind: "pods", namespace: "app", labels: { app: "logs" } } as const;
      draft.ledger.edges.push({ from, to: { kind: "apiServer" }, ports: [443], purpose: "watches" });
      draft.objects.push(
        policy("api", {
          podSelector: { matchLabels: { app: "logs" } },
          policyTypes: ["Egress"],
          egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/24" } }], ports: [{ port: 443 }] }],
        }),
      );
    },
    finds: [["Edge app/logs to the API server (watches)", /egress on port 443/]],
  },
  ...(
    [
      ["every namespace", [{ namespaceSelector: {} }], []],
      ["this namespace and every other", [{ podSelector: {} }, { namespaceSelector: {} }], []],
      ["this namespace", [{ podSelector: {} }], [/no policy of app allows ingress on port 9090/]],
      [
        "some pods everywhere",
        [{ namespaceSelector: {}, podSelector: { matchLabels: { a: "b" } } }],
        [/ingress on port 9090/],
      ],
    ] as [string, object[], RegExp[]][]
  ).map(([name, from, finds]): Case => ({
    id: "GP082",
    name: `anybody's connection where ${name} may come in`,
    when: (draft) => {
      const to = { kind: "pods", namespace: "app", labels: { app: "logs" } } as const;
      draft.ledger.edges.push({ from: { kind: "cluster" }, to, ports: [9090], purpose: "metrics" });
      const podSelector = { matchLabels: { app: "logs" } };
      const out = { to: [{ podSelector }], ports: [{ port: 9090 }] };
      draft.objects.push(
        policy("metrics", { podSelector, ingress: [{ from, ports: [{ port: 9090 }] }] }),
        policy("out", { podSelector: {}, policyTypes: ["Egress"], egress: [out] }),
      );
    },
    finds: finds.map((message) => ["Edge the cluster to app/logs (metrics)", message]),
  })),
  outside("0.0.0.0/0", undefined, [/egress on port 443/]),
  outside("::/0", ["::/0"], []),
  {
    id: "GP082",
    name: "what every pod of the cluster may open, and one namespace does not let out",
    when: (draft) => {
      const to = { kind: "pods", namespace: "app", labels: { app: "logs" } } as const;
      draft.ledger.edges.push({ from: { kind: "cluster" }, to, ports: [514], protocol: "UDP", purpose: "logs" });
      const ports = [{ port: 514, protocol: "UDP" }];
      const anybody = [{ namespaceSelector: {} }];
      const logs = [peer("app", { app: "logs" })];
      draft.objects.push(
        policy("logs", { podSelector: { matchLabels: { app: "logs" } }, ingress: [{ from: anybody, ports }] }),
        policy("out", { podSelector: {}, policyTypes: ["Egress"], egress: [{ to: logs, ports }] }),
        ...["free", "closed"].map((name) =>
          object("v1", "Namespace", name, {
            metadata: { labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
          }),
        ),
        object("networking.k8s.io/v1", "NetworkPolicy", "closed/deny", {
          spec: { podSelector: {}, policyTypes: ["Egress"], egress: [{ to: logs, ports: [{ port: 514 }] }] },
        }),
      );
    },
    finds: [["Edge the cluster to app/logs (logs)", /^no policy of closed allows egress on UDP port 514$/]],
  },
  outside("10.0.0.0/8", ["10.1.0.0/16", "10.2.3.4/32"], []),
  outside("10.0.0.0/8", ["10.1.0.0/16", "11.0.0.0/16"], [/egress on port 443/]),
  outside("10.0.0.0/8", undefined, [/egress on port 443/]),
  outside("10.0.0.0/33", ["10.1.0.0/16"], [/egress on port 443/]),
  outside("2001:db8::/32", ["2001:db8:1::/48", "2001:0DB8::1/128"], []),
  outside("2001:db8::/32", ["2001:db8:1::/48", "2001:db9::/48"], [/egress on port 443/]),
  outside("2001:db8::/32", ["2001::/16"], [/egress on port 443/]),
  outside("::/0", ["10.0.0.0/8"], [/egress on port 443/]),
  outside("::ffff:10.0.0.0/104", ["10.0.0.0/8"], [/egress on port 443/]),
  ...(
    [
      ["both", { egress: [{ to: [{ podSelector: {} }], ports: [{ port: 1 }] }] }, []],
      ["one", {}, ["Cluster app/db", "Deployment app/logs", "StatefulSet app/mongo"]],
    ] as [string, object, string[]][]
  ).map(([rules, spec, open]): Case => ({
    id: "GP083",
    name: `a policy of every pod that says nothing of directions, with rules for ${rules}`,
    when: (draft) => {
      const ingress = [{ from: [{ podSelector: {} }], ports: [{ port: 1 }] }];
      one(draft, "NetworkPolicy app/default-deny").manifest.spec = { podSelector: {}, ingress, ...spec };
    },
    finds: open.map((name) => [name, /^no policy restricts egress$/]),
  })),
  {
    id: "GP083",
    name: "a pod that only what comes in is restricted for",
    when: (draft) => (one(draft, "NetworkPolicy app/default-deny").manifest.spec.policyTypes = ["Ingress"]),
    finds: ["Cluster app/db", "Deployment app/logs", "StatefulSet app/mongo"].map((name) => [name, /egress/]),
  },
  {
    id: "GP164",
    name: "a stack without network policies, as it is while an existing installation moves in",
    when: (draft) => {
      Object.assign(draft.settings, { isolation: "reported" });
      for (const object of draft.objects.filter(({ kind }) => kind === "Namespace"))
        delete object.manifest.metadata.labels["pod-security.kubernetes.io/enforce"];
      remove(draft, "NetworkPolicy app/default-deny");
      remove(draft, "NetworkPolicy app/mongo");
    },
    finds: [["Stack test", /^has no network policies in 1 of 1 namespace, and Pod Security only warns$/]],
  },
  {
    id: "GP084",
    name: "a chart's policy that lets everybody in",
    when: (draft) =>
      draft.objects.push({ ...policy("chart", { podSelector: {}, ingress: [{}] }), release: "app/operator" }),
    finds: [
      ["NetworkPolicy app/chart", /allows ingress from everywhere/],
      ["NetworkPolicy app/chart", /allows ingress on every port/],
    ],
  },
];
