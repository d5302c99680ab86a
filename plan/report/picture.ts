/** A node of the picture. */
export interface Box {
  readonly id: string;
  /** `pods` are the plan's own; `selected` are pods that an edge speaks of and the plan does not make; `cloud` is below the cluster. */
  readonly kind: "pods" | "jobs" | "selected" | "hosts" | "apiServer" | "cluster" | "outside" | "cloud";
  readonly title: string;
  readonly lines: readonly string[];
  /** Id of the group that it stands in; undefined for what is outside of every namespace. */
  readonly group?: string;
}

/** A namespace, several that look the same, or a cloud. */
export interface Group {
  readonly id: string;
  readonly title: string;
  readonly lines: readonly string[];
}

/** A line of the picture, from and to a box or a whole group. */
export interface Link {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** `serves` leads from a host to the namespace that holds its certificate. */
  readonly kind: "connection" | "serves";
  readonly purposes: readonly string[];
  /** Such as `5432` and `514/UDP`. */
  readonly ports: readonly string[];
}

/** The architecture as a picture shows it. */
export interface Graph {
  readonly boxes: readonly Box[];
  readonly groups: readonly Group[];
  readonly links: readonly Link[];
}

/** Where something stands: pixels from the top left corner. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A line with the corners that it passes, and its label's place. */
export interface PlacedLink {
  readonly link: Link;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly label?: Area & { readonly lines: readonly string[] };
}

/** A graph with a place for everything. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly groups: readonly { readonly group: Group; readonly area: Area; readonly empty: boolean }[];
  readonly boxes: readonly { readonly box: Box; readonly area: Area }[];
  readonly links: readonly PlacedLink[];
}
