import type { CredentialEntry, Edge, Peer } from "../../components/kit/ledger.ts";
import { formatBytes, formatCpu, parseBytes } from "../../components/kit/quantities.ts";
import { compare } from "../../components/kit/stable.ts";
import type { Plan } from "../plan.ts";
import { markup } from "./markup.ts";
import type { Markup, Part } from "./markup.ts";
import { peerText, portText, shortLabels } from "./peers.ts";
import type { ObjectLink } from "./review.ts";
import { code, lines, nothing, table } from "./tables.ts";
import type { RowGroup } from "./tables.ts";
import { limits, requests, workloads } from "./workloads.ts";
import type { Limit, Workload } from "./workloads.ts";

/** Who connects to whom: the picture in words. */
export function connectionTable({ ledger }: Plan): Markup {
  const rows = ledger.edges.map(({ from, to, ports, protocol, purpose }) => ({
    key: [peerText(from), peerText(to), purpose].join(" "),
    cells: [peer(from), peer(to), portText({ ports, protocol }), purpose],
  }));
  return table({
    id: "connections-table",
    caption: "Every connection that the network allows",
    columns: [{ title: "From" }, { title: "To" }, { title: "Ports" }, { title: "Purpose" }],
    groups: [{ rows: byKey(rows) }],
  });
}

/** Every host with who may enter, its certificate, and how its credential is read: what the component says of it, else its namespace. */
export function hostTable({ ledger }: Plan, link: ObjectLink): Markup {
  const rows = ledger.hosts.map(({ host, purpose, tlsSecret, access }) => {
    const entering =
      tlsSecret === undefined ? [] : ledger.edges.filter(({ from, to }) => enters(from, to, tlsSecret.namespace));
    return {
      key: host,
      cells: [
        code(host),
        purpose,
        access !== undefined
          ? access.who
          : entering.length === 0
            ? markup`<span class="muted">nobody, by this stack</span>`
            : lines(sortedTexts(entering.map(entry))),
        tlsSecret === undefined ? nothing : code(`${tlsSecret.namespace}/${tlsSecret.name}`),
        access?.credential !== undefined
          ? code(access.credential)
          : access !== undefined || tlsSecret === undefined
            ? nothing
            : credentialsIn(ledger.credentials, tlsSecret.namespace, link),
      ],
    };
  });
  return table({
    id: "hosts-table",
    caption: "Hosts; a credential is named by the command that shows it, or by its Secret",
    columns: [
      { title: "Host" },
      { title: "Purpose" },
      { title: "Who may enter" },
      { title: "Certificate" },
      { title: "Credential" },
    ],
    groups: [{ rows: byKey(rows) }],
  });
}

/** Addresses within the cluster. */
export function serviceTable({ ledger }: Plan): Markup {
  const rows = ledger.services.map(({ name, address, purpose }) => ({
    key: name,
    cells: [name, code(address), purpose],
  }));
  return table({
    id: "services-table",
    caption: "Addresses within the cluster",
    columns: [{ title: "Service" }, { title: "Address" }, { title: "Purpose" }],
    groups: [{ rows: byKey(rows) }],
  });
}

/** Every generated secret: where it stands and how it is replaced, never its value. */
export function secretTable({ ledger }: Plan, link: ObjectLink): Markup {
  const rows = ledger.credentialsByName().map(({ name, kind, length, rotation, recipe, consumers, secrets }) => [
    code(name),
    markup`${kind} <span class="muted">of ${length} ${kind === "key" ? "bits" : "characters"}</span>`,
    String(rotation),
    lines(
      secrets.map(({ namespace, name: secret, key }) => {
        const place = link(`Secret ${namespace}/${secret}`, `${namespace}/${secret}`);
        return markup`${place} <span class="muted">${key}</span>`;
      }),
    ),
    consumers.join(", "),
    recipe,
  ]);
  return table({
    id: "secrets-table",
    caption: "Generated secrets; none of their values is in this page",
    columns: [
      { title: "Name" },
      { title: "Kind" },
      { title: "Rotation", figures: true },
      { title: "Where it stands" },
      { title: "Who uses it" },
      { title: "What raising the rotation number does" },
    ],
    groups: [{ rows }],
  });
}

/** What pods ask for and may use, with a sum for each component. */
export function resourceTable(plan: Plan): Markup {
  const all = workloads(plan);
  const components = [...Map.groupBy(all, ({ component }) => component)];
  return table({
    id: "resources-table",
    caption: "All pods of a row together; Jobs run for a while and are in no sum",
    columns: [
      { title: "Workload" },
      { title: "Pods", figures: true },
      { title: "CPU asked", figures: true },
      { title: "CPU limit", figures: true },
      { title: "Memory asked", figures: true },
      { title: "Memory limit", figures: true },
      { title: "Claims", figures: true },
    ],
    groups: components.map(([component, members]) => resourceRows(component, members)),
    total: sumCells("All", all),
  });
}

/** The charts and their releases. */
export function chartTable({ releases, rendered, notRendered }: Plan): Markup {
  const rows = releases.map(({ chart, version, namespace, name, component }) => {
    const release = `${namespace}/${name}`;
    const reason = notRendered.find((missing) => missing.release === release)?.reason;
    const count = rendered.filter((object) => object.release === release).length;
    return [
      code(release),
      markup`${chart} <span class="muted">${version}</span>`,
      component,
      reason === undefined ? String(count) : `not rendered: ${reason}`,
    ];
  });
  return table({
    id: "charts-table",
    caption: "Helm releases",
    columns: [{ title: "Release" }, { title: "Chart" }, { title: "Component" }, { title: "Objects" }],
    groups: [{ rows }],
  });
}

function resourceRows(component: string, members: readonly Workload[]): RowGroup {
  const lasting = members.filter(({ kind }) => kind !== "Job");
  // Hundreds of Jobs may do the same for one database each.
  const jobs = [
    ...Map.groupBy(
      members.filter(({ kind }) => kind === "Job"),
      ({ namespace }) => namespace,
    ).values(),
  ];
  return {
    rows: [...lasting.map((workload) => workloadCells([workload])), ...jobs.map(workloadCells)],
    sum: sumCells(component, members),
  };
}

function workloadCells(members: readonly Workload[]): Part[] {
  const [first] = members;
  if (first === undefined) return [];
  const { name, namespace, kind } = first;
  const title = members.length === 1 ? code(`${namespace}/${name}`) : markup`${code(namespace)} ${members.length} Jobs`;
  const pods = members.reduce((sum, { replicas }) => sum + replicas, 0);
  return [
    markup`${title}${members.length === 1 && markup` <span class="muted">${kind}</span>`}`,
    kind === "DaemonSet" ? "one a node" : String(pods),
    ...amounts(members),
    lines(claims(members)),
  ];
}

function sumCells(title: string, members: readonly Workload[]): Part[] {
  const lasting = members.filter(({ kind }) => kind !== "Job");
  const pods = lasting.reduce((sum, { replicas }) => sum + replicas, 0);
  return [title, String(pods), ...amounts(lasting), lines(claims(lasting))];
}

/** CPU and memory, asked for and at most. */
function amounts(members: readonly Workload[]): Part[] {
  const sum = (of: (workload: Workload) => number) =>
    members.reduce((total, each) => total + each.replicas * of(each), 0);
  const most = (of: (workload: Workload) => Limit, format: (total: number) => string): Part => {
    const each = members.map((workload) => ({ limit: of(workload), replicas: workload.replicas }));
    if (each.length === 0) return "0";
    if (each.some(({ limit }) => limit === "unknown")) return markup`<span class="muted">not known</span>`;
    if (each.some(({ limit }) => limit === "none")) return markup`<span class="muted">no limit</span>`;
    return format(each.reduce((total, { limit, replicas }) => total + replicas * Number(limit), 0));
  };
  return [
    formatCpu(sum((workload) => requests(workload).cpu)),
    most((workload) => limits(workload).cpu, formatCpu),
    formatBytes(sum((workload) => requests(workload).memory)),
    most((workload) => limits(workload).memory, formatBytes),
  ];
}

/** Sizes by class, such as `60Gi fast`. */
function claims(members: readonly Workload[]): string[] {
  const sizes = new Map<string, number>();
  for (const { replicas, claims: own = [] } of members) {
    for (const { size, storageClass = "default class" } of own)
      sizes.set(storageClass, (sizes.get(storageClass) ?? 0) + replicas * parseBytes(size));
  }
  return [...sizes].sort(([a], [b]) => compare(a, b)).map(([name, size]) => `${formatBytes(size)} ${name}`);
}

function enters(from: Peer, to: Peer, namespace: string): boolean {
  return to.kind === "pods" && to.namespace === namespace && !(from.kind === "pods" && from.namespace === namespace);
}

function entry(edge: Edge): string {
  return `${peerText(edge.from)}: ${portText(edge)}, ${edge.purpose}`;
}

function credentialsIn(credentials: readonly CredentialEntry[], namespace: string, link: ObjectLink): Part {
  const names = credentials.flatMap(({ secrets }) =>
    secrets.filter((secret) => secret.namespace === namespace).map(({ name }) => name),
  );
  return names.length === 0
    ? nothing
    : lines(sortedTexts(names).map((name) => link(`Secret ${namespace}/${name}`, name)));
}

function peer(of: Peer): Part {
  if (of.kind !== "pods" || of.labels === undefined) return peerText(of);
  return markup`${code(of.namespace)} <span class="labels">${shortLabels(of.labels).join(", ")}</span>`;
}

function byKey(rows: readonly { readonly key: string; readonly cells: readonly Part[] }[]): (readonly Part[])[] {
  return [...rows].sort((a, b) => compare(a.key, b.key)).map(({ cells }) => cells);
}

function sortedTexts(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort(compare);
}
