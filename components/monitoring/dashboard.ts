import { rate } from "../kit/watched.ts";
import type { Panel, Watched } from "../kit/watched.ts";
import { platformWatched } from "./platform-watched.ts";

/** A dashboard: a pure description, from which Grafana's JSON is generated. */
type Dashboard = Pick<Watched, "component" | "title" | "panels">;

/** The dashboards of a stack: that of the platform, and one for each component, which ends with its pods' resource usage. */
export function dashboards(namespaces: readonly string[], watched: readonly Watched[]): Dashboard[] {
  const each = watched.map((one) => ({ ...one, panels: [...one.panels, ...podPanels(one)] }));
  return [platformWatched(namespaces), ...each];
}

const dataSource = { type: "prometheus", uid: "${datasource}" };

/** Grafana's grid is 24 columns wide: two graphs or six single values fit in a row. */
const sizes = { graph: { w: 12, h: 8 }, now: { w: 4, h: 4 } } as const;

/** A dashboard in Grafana's format (grafana.com/docs, "Dashboard JSON model"). */
export function dashboardJson({ component, title, panels }: Dashboard): object {
  let [x, y, rowHeight] = [0, 0, 0];
  const placed = panels.map((panel, index) => {
    const { w, h } = sizes[panel.kind ?? "graph"];
    if (x + w > 24 || (rowHeight !== 0 && rowHeight !== h)) [x, y, rowHeight] = [0, y + rowHeight, 0];
    const gridPos = { x, y, w, h };
    [x, rowHeight] = [x + w, h];
    return { ...panelJson(panel), id: index + 1, gridPos };
  });
  return {
    uid: `groundplan-${component}`,
    title,
    tags: ["groundplan", component],
    editable: false,
    graphTooltip: 1,
    refresh: "1m",
    schemaVersion: 39,
    time: { from: "now-6h", to: "now" },
    timezone: "browser",
    templating: {
      list: [
        {
          type: "datasource",
          name: "datasource",
          label: "Data source",
          query: "prometheus",
          current: { text: "default", value: "default" },
        },
      ],
    },
    panels: placed,
  };
}

function panelJson({ kind, queries, title, unit }: Panel): object {
  return {
    type: kind === "now" ? "stat" : "timeseries",
    title,
    datasource: dataSource,
    fieldConfig: {
      defaults: { unit: unit === "cores" ? "short" : unit, min: unit === "percentunit" ? 0 : undefined },
      overrides: [],
    },
    options:
      kind === "now"
        ? { reduceOptions: { calcs: ["lastNotNull"] }, graphMode: "none" }
        : { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi", sort: "desc" } },
    targets: Object.entries(queries).map(([legendFormat, expr], index) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + index),
      datasource: dataSource,
      expr,
      legendFormat,
      instant: kind === "now" ? true : undefined,
    })),
  };
}

/** The resource usage of a component's pods: the last panels of its dashboard. */
function podPanels({ namespace, own: mine }: Watched): Panel[] {
  const all = `namespace="${namespace}"`;
  const own = mine === undefined ? all : `${all},pod=~"${mine.pods}"`;
  const claims = mine === undefined ? all : `${all},persistentvolumeclaim=~"${mine.claims.join("|")}"`;
  const container = `${own},container!="",container!="POD"`;
  return [
    {
      title: "CPU",
      unit: "cores",
      queries: { "{{pod}}": `sum by (pod) (${rate(`container_cpu_usage_seconds_total{${container}}`)})` },
    },
    {
      title: "Memory",
      unit: "bytes",
      queries: { "{{pod}}": `sum by (pod) (container_memory_working_set_bytes{${container}})` },
    },
    {
      title: "Restarts per hour",
      unit: "short",
      queries: {
        "{{pod}} {{container}}": `sum by (pod, container) (increase(kube_pod_container_status_restarts_total{${own}}[1h]))`,
      },
    },
    ...(mine?.claims.length === 0 ? [] : [claimPanel(claims)]),
  ];
}

function claimPanel(claims: string): Panel {
  return {
    title: "PersistentVolumeClaim usage",
    unit: "percentunit",
    queries: {
      "{{persistentvolumeclaim}}": `1 - kubelet_volume_stats_available_bytes{${claims}} / kubelet_volume_stats_capacity_bytes{${claims}}`,
    },
  };
}
