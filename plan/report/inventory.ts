import type { CredentialEntry, Edge, Peer } from "../../components/kit/ledger.ts";
import type { ValueOverride } from "../../components/kit/overrides.ts";
import { formatBytes, formatCpu, parseBytes } from "../../components/kit/quantities.ts";
import { compare } from "../../components/kit/stable.ts";
import type { Plan } from "../plan.ts";
import { code, lines, muted, none, object, status, table } from "./document.ts";
import type { Block, Column, Group, Inline, Row, Section, Table } from "./document.ts";
import { peerText, portText, shortLabels } from "./peers.ts";
import { limits, requests, workloads } from "./workloads.ts";
import type { Limit, Workload } from "./workloads.ts";

/** Every connection that network policies allow: the picture in words. */
export function connectionTable({ ledger }: Plan): Table[] {
  const rows = ledger.edges.map(({ from, to, ports, protocol, purpose }) => ({
    key: [peerText(from), peerText(to), purpose].join(" "),
    cells: [peer(from), peer(to), portText({ ports, protocol }), purpose],
  }));
  const caption = "Connections that the network allows";
  return table("connections-table", caption, ["From", "To", "Ports", "Purpose"], byKey(rows), {
    for: ["page", "comment"],
  });
}

/** Every host with who may enter, its certificate, and how its credential is read: as the component says, else by its namespace. */
export function hostSection({ ledger }: Plan): Section {
  const rows = ledger.hosts.map(({ host, purpose, tlsSecret, access }) => {
    const entering =
      tlsSecret === undefined ? [] : ledger.edges.filter(({ from, to }) => enters(from, to, tlsSecret.namespace));
    const credential =
      access?.credential !== undefined
        ? code(access.credential)
        : access !== undefined || tlsSecret === undefined
          ? none
          : credentialsIn(ledger.credentials, tlsSecret.namespace);
    return {
      key: host,
      cells: [
        code(host),
        purpose,
        access?.who ?? (entering.length === 0 ? none : lines(sortedTexts(entering.map(entry)))),
        tlsSecret === undefined ? none : code(`${tlsSecret.namespace}/${tlsSecret.name}`),
        credential,
      ],
    };
  });
  const columns = ["Host", "Purpose", "Who may enter", "Certificate", notOnTerminal("Credential")];
  return inventory("hosts", "Hosts", table("hosts-table", "Hosts and who may enter", columns, byKey(rows)));
}

/** Addresses within the cluster. */
export function serviceSection({ ledger }: Plan): Section {
  const rows = ledger.services.map(({ name, address, purpose }) => ({
    key: name,
    cells: [name, code(address), purpose],
  }));
  const columns = ["Service", "Address", "Purpose"];
  return inventory("services", "Services", table("services-table", "Addresses in the cluster", columns, byKey(rows)));
}

/** Data that cannot be made again, with its backup, or with none. */
export function backupSection({ ledger }: Plan): Section {
  const covered = ledger.backups.map(({ data, keep, method, path, schedule }) => ({
    key: data,
    cells: [
      data,
      method,
      code(path),
      code(schedule),
      keep.replaceAll("--keep-", "").replaceAll(/(\w+) (\d+)/g, "$2 $1"),
    ],
  }));
  const names = new Set(ledger.backups.map(({ data }) => data));
  const bare = ledger.data.filter(({ data }) => !names.has(data));
  const rows = bare.map(({ data }) => ({ key: data, cells: [data, status("warn", "no backup"), none, none, none] }));
  const columns = ["Data", "Read by", "Path in the backups", "Schedule (UTC)", "Kept"];
  const caption = "Data and its backups";
  return inventory("backups", "Backups", table("backups-table", caption, columns, byKey([...covered, ...rows])));
}

/** Every generated secret: where it is stored and how it is replaced, never its value. */
export function secretSection({ ledger }: Plan): Section {
  const rows = ledger
    .credentialsByName()
    .map(({ name, kind, length, rotation, recipe, consumers, secrets }) => [
      code(name),
      String(rotation),
      lines(
        secrets.map(({ namespace, name: secret, key }) => [
          object(`Secret ${namespace}/${secret}`, `${namespace}/${secret}`),
          " ",
          muted(key),
        ]),
      ),
      [kind, " ", muted(`of ${length} ${kind === "key" ? "bits" : "characters"}`)],
      consumers.join(", "),
      recipe,
    ]);
  const detail = ["Kind", "Used by", "On rotation"].map((title): Column => ({ title, for: ["page"] }));
  const columns = ["Name", { title: "Rotation", figures: true } as const, "Secrets", ...detail];
  return inventory("secrets", "Secrets", table("secrets-table", "Generated secrets", columns, rows));
}

/** What pods request and may use, with a sum for each component. */
export function resourceSection(plan: Plan): Section {
  const all = workloads(plan);
  const { jobs } = plan.sums;
  const numbers = ["Pods", "CPU request", "CPU limit", "Memory request", "Memory limit", "Claims"];
  const resources: Table = {
    kind: "table",
    id: "resources-table",
    caption: "Requests and limits, summed over the pods of a row; the sums leave out Jobs",
    columns: [{ title: "Component" }, ...numbers.map((title) => ({ title, figures: true }) as const)],
    groups: [...Map.groupBy(all, ({ component }) => component)].map(([component, members]) =>
      resourceGroup(component, members),
    ),
    total: sumCells("All", all),
  };
  const more = `While all Jobs run, they request ${formatCpu(jobs.cpu)} CPU and ${formatBytes(jobs.memory)} of memory.`;
  return inventory("resources", "Resources", [
    ...(all.length === 0 ? [] : [resources]),
    ...(jobs.cpu === 0 ? [] : [{ kind: "paragraph", text: more } as const]),
  ]);
}

/** The charts and their releases, and the values that the stack sets in them itself. */
export function chartSection({ releases, rendered, notRendered, ledger }: Plan): Section {
  const counts = Map.groupBy(rendered, ({ release }) => release);
  const rows = releases.map(({ chart, version, namespace, name, component }) => {
    const release = `${namespace}/${name}`;
    const reason = notRendered.find((missing) => missing.release === release)?.reason;
    return [
      code(release),
      code(chart),
      code(version),
      component,
      reason === undefined ? String(counts.get(release)?.length ?? 0) : `not rendered: ${reason}`,
    ];
  });
  const columns = ["Release", "Chart", "Version", "Component", "Objects"];
  // On a terminal the tree of objects has them.
  const more = { for: ["page", "comment"] } as const;
  const given = ledger.overrides.map(({ release, path, effect }) => ({
    key: `${release} ${path}`,
    cells: [code(release), code(path), effects[effect]],
  }));
  return inventory("charts", "Charts", [
    ...table("charts-table", "Helm releases", columns, rows, more),
    ...table("values-table", "Values of charts.values", ["Release", "Path", "Effect"], byKey(given)),
  ]);
}

const effects: Readonly<Record<ValueOverride["effect"], Inline>> = {
  added: "added",
  replaced: status("warn", "replaces the component's value"),
  refused: status("bad", "none: the component's value stays"),
};

function inventory(id: string, title: string, blocks: readonly Block[]): Section {
  return { id, title, inventory: true, blocks };
}

function notOnTerminal(title: string): Column {
  return { title, for: ["page", "comment"] };
}

function resourceGroup(component: string, members: readonly Workload[]): Group {
  const lasting = members.filter(({ kind }) => kind !== "Job");
  // Hundreds of Jobs may do the same for one database each.
  const jobs = Map.groupBy(
    members.filter(({ kind }) => kind === "Job"),
    ({ namespace }) => namespace,
  );
  return {
    rows: [...lasting.map((workload) => workloadCells([workload])), ...[...jobs.values()].map(workloadCells)],
    sum: sumCells(component, members),
  };
}

function workloadCells(members: readonly Workload[]): Row {
  const [first] = members;
  if (first === undefined) return [];
  const { name, namespace, kind } = first;
  const pods = members.reduce((sum, { replicas }) => sum + replicas, 0);
  return [
    members.length === 1
      ? [code(`${namespace}/${name}`), " ", muted(kind)]
      : [code(namespace), ` ${members.length} Jobs`],
    kind === "DaemonSet" ? "one per node" : String(pods),
    ...amounts(members),
    lines(claims(members)),
  ];
}

function sumCells(title: string, members: readonly Workload[]): Row {
  const lasting = members.filter(({ kind }) => kind !== "Job");
  const pods = lasting.reduce((sum, { replicas }) => sum + replicas, 0);
  return [title, String(pods), ...amounts(lasting), lines(claims(lasting))];
}

/** CPU and memory: requests and limits. */
function amounts(members: readonly Workload[]): Inline[] {
  const sum = (of: (workload: Workload) => number) =>
    members.reduce((total, each) => total + each.replicas * of(each), 0);
  const most = (of: (workload: Workload) => Limit, format: (total: number) => string): Inline => {
    const each = members.map((workload) => ({ limit: of(workload), replicas: workload.replicas }));
    if (each.length === 0) return "0";
    if (each.some(({ limit }) => limit === "unknown")) return muted("unknown");
    if (each.some(({ limit }) => limit === "none")) return muted("no limit");
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

function credentialsIn(credentials: readonly CredentialEntry[], namespace: string): Inline {
  const names = credentials.flatMap(({ secrets }) =>
    secrets.filter((secret) => secret.namespace === namespace).map(({ name }) => name),
  );
  return names.length === 0
    ? none
    : lines(sortedTexts(names).map((name) => object(`Secret ${namespace}/${name}`, name)));
}

function peer(of: Peer): Inline {
  if (of.kind !== "pods" || of.labels === undefined) return peerText(of);
  return [code(of.namespace), " ", muted(shortLabels(of.labels).join(", "))];
}

function byKey(rows: readonly { readonly key: string; readonly cells: Row }[]): Row[] {
  return [...rows].sort((a, b) => compare(a.key, b.key)).map(({ cells }) => cells);
}

function sortedTexts(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort(compare);
}
