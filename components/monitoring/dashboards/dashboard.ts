/** The unit of what a panel shows, by Grafana's own identifiers (grafana.com/docs, "Standard options", "Unit"). */
export type Unit =
  "short" | "percentunit" | "bytes" | "s" | "ms" | "reqps" | "ops" | "Bps" | "cores" | "dateTimeFromNow";

/** One thing that a dashboard shows. */
export interface Panel {
  readonly title: string;
  /** Default a graph over time; `now` is the last value alone. */
  readonly kind?: "now";
  readonly unit: Unit;
  /** PromQL by what its series are called; `{{label}}` stands for a label's value. */
  readonly queries: Readonly<Record<string, string>>;
}

/** A dashboard: a pure description, from which Grafana's JSON is made. */
export interface Dashboard {
  /** The component; part of the address `/d/groundplan-COMPONENT`, which links may keep. */
  readonly component: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

const dataSource = { type: "prometheus", uid: "${datasource}" };

/** Grafana's grid is 24 columns wide: graphs stand two in a row, single values six. */
const sizes = { graph: { w: 12, h: 8 }, now: { w: 4, h: 4 } } as const;

/** A dashboard as Grafana reads it (grafana.com/docs, "Dashboard JSON model"). */
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
      defaults: { unit: unit === "cores" ? "short" : unit, ...(unit === "percentunit" ? { min: 0 } : {}) },
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
      ...(kind === "now" ? { instant: true } : {}),
    })),
  };
}
