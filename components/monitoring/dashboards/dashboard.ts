/** The unit of a panel's values, by Grafana's identifiers (grafana.com/docs, "Standard options", "Unit"). */
export type Unit =
  "short" | "percentunit" | "bytes" | "s" | "ms" | "reqps" | "ops" | "Bps" | "cores" | "dateTimeFromNow";

/** One panel of a dashboard. */
export interface Panel {
  readonly title: string;
  /** `now` shows only the last value. Default: a graph over time. */
  readonly kind?: "now";
  readonly unit: Unit;
  /** PromQL expressions by legend; `{{label}}` in the legend is replaced with the label's value. */
  readonly queries: Readonly<Record<string, string>>;
}

/** A dashboard: a pure description, from which Grafana's JSON is generated. */
export interface Dashboard {
  /** The component; part of the permanent URL `/d/groundplan-COMPONENT`. */
  readonly component: string;
  readonly title: string;
  readonly panels: readonly Panel[];
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
