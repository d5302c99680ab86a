import { object, one } from "../draft.ts";
import type { Draft } from "../draft.ts";
import { definition } from "../good.ts";
import type { Case } from "./case.ts";

const web = "Service app/web";
const portsOf = (draft: Draft) => one(draft, web).manifest.spec.ports as object[];
const service = (ports: object[], release?: string) =>
  object("v1", "Service", "app/other", { spec: { ports } }, release === undefined ? {} : { release });
const ingress = (spec: object) => object("networking.k8s.io/v1", "Ingress", "app/other", { spec });
const rule = (host: string | undefined, path: string) => ({ host, http: { paths: [{ path, pathType: "Prefix" }] } });
const tls = [{ hosts: ["web.example.org"], secretName: "web-tls" }];

/** Cases of plan/checks/owners.ts. */
export const ownerCases: readonly Case[] = [
  {
    id: "GP107",
    name: "one port of a Service twice, and one name",
    when: (draft) => portsOf(draft).push({ name: "https", port: 80, targetPort: "http" }, { name: "http", port: 81 }),
    finds: [
      [web, /has a port named http twice/],
      [web, /has port 80\/TCP twice/],
    ],
    also: ["GP087"],
  },
  {
    id: "GP107",
    name: "one number for two protocols",
    when: (draft) => {
      Object.assign(portsOf(draft)[0] ?? {}, { nodePort: 30080 });
      portsOf(draft).push({ name: "udp", port: 80, protocol: "UDP", targetPort: "http", nodePort: 30080 });
    },
    finds: [],
    also: ["GP087"],
  },
  {
    id: "GP107",
    name: "one port of the nodes for a Service of the program's and one of a chart",
    when: (draft) => {
      Object.assign(portsOf(draft)[0] ?? {}, { nodePort: 30080 });
      draft.objects.push(service([{ port: 5140, protocol: "UDP", nodePort: 30080 }], "app/operator"));
    },
    finds: [["Service app/other", /has port 30080 of the nodes, which Service app\/web already has/]],
  },
  {
    id: "GP108",
    name: "two Ingresses with one host and path",
    when: (draft) => {
      one(draft, "Ingress app/web").manifest.spec.rules = [rule("web.example.org", "/")];
      draft.objects.push(ingress({ tls, rules: [rule("web.example.org", "/a"), rule("web.example.org", "/")] }));
    },
    finds: [["Ingress app/other", /has the route web\.example\.org\/, which Ingress app\/web already has/]],
  },
  {
    id: "GP108",
    name: "one host and path for two gateways",
    when: (draft) => {
      one(draft, "Ingress app/web").manifest.spec.rules = [rule("web.example.org", "/")];
      draft.objects.push(ingress({ tls, ingressClassName: "other", rules: [rule("web.example.org", "/")] }));
    },
    finds: [],
    also: [],
  },
  {
    id: "GP108",
    name: "two routes of Traefik with one match",
    when: (draft) => {
      const route = { match: "Host(`web.example.org`)", kind: "Rule" };
      draft.objects.push(definition("traefik.io", "IngressRoute"));
      for (const name of ["app/a", "app/b"])
        draft.objects.push(
          object(
            "traefik.io/v1alpha1",
            "IngressRoute",
            name,
            { spec: { routes: [route], tls: { secretName: "web-tls" } } },
            { release: "app/operator" },
          ),
        );
    },
    finds: [["IngressRoute app/b", /has the route Host\(`web\.example\.org`\), which IngressRoute app\/a already has/]],
  },
];
