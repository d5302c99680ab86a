import type { Server, Times } from "./server.ts";

/** When an input was last started, by node. */
export type StartTimes = ReadonlyMap<string, string>;

/** The result for an input that runs on every node. */
export interface Running {
  readonly since: StartTimes;
  /** Whether it was started by a request, because it did not run. */
  readonly started: boolean;
}

interface State {
  readonly id: string;
  /** IOState.Type of the server, such as `RUNNING`. */
  readonly state: string;
  readonly started_at: string;
  /** Why it failed, in the server's words. */
  readonly detailed_message: string | null;
}

type StateOnNode = Pick<State, "state" | "detailed_message"> & { readonly node: string; readonly startedAt?: string };

/** States that change without a request. */
const moving = ["CREATED", "INITIALIZED", "STARTING", "STOPPING"];

/** Requests to start an input before the run fails. A port may become free in between. */
const attempts = 3;

/** When an input was last started on each node where it runs. */
export async function startTimes(server: Server, id: string): Promise<StartTimes> {
  return times(await states(server, id));
}

/**
 * Waits until an input runs on every node, and starts it if it does not start without a request.
 * @param what the input, for messages
 * @param before after a change, when the input was last started before it: the change restarts the input, on other nodes up to some
 *   seconds later. Default: there was no change
 * @throws Error with the server's message if the input does not start
 */
export async function untilRunning(
  server: Server,
  id: string,
  what: string,
  { forMs, everyMs }: Times,
  before?: StartTimes,
): Promise<Running> {
  const end = Date.now() + forMs;
  const grace = forMs / 6;
  let restarts = before;
  let patient = before === undefined ? 0 : Date.now() + grace;
  for (let starts = 0; ;) {
    const nodes = await states(server, id);
    const off = nodes.filter(
      ({ node, startedAt, state }) =>
        state !== "RUNNING" || (restarts !== undefined && restarts.get(node) === startedAt),
    );
    if (nodes.length > 0 && off.length === 0) return { since: times(nodes), started: starts > 0 };
    if (off.some(({ state }) => !moving.includes(state)) && Date.now() >= patient) {
      if (starts === attempts) throw new Error(`${what} does not start: ${off.map(told).join("; ")}`);
      await server.send("PUT", `/cluster/inputstates/${id}`);
      starts++;
      restarts = undefined;
      patient = Date.now() + grace / 2;
    } else if (Date.now() >= end) throw new Error(`${what} does not start: ${off.map(told).join("; ")}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** The state of an input on every node that answers. A node that starts later starts the inputs itself. */
async function states(server: Server, id: string): Promise<StateOnNode[]> {
  const nodes = await server.get<Readonly<Record<string, readonly State[] | null>>>("/cluster/inputstates");
  return Object.entries(nodes).flatMap(([node, list]): StateOnNode[] => {
    if (list === null) return [];
    const found = list.find((one) => one.id === id);
    return found === undefined
      ? [{ node, state: "STOPPED", detailed_message: null }]
      : [{ node, state: found.state, startedAt: found.started_at, detailed_message: found.detailed_message }];
  });
}

function times(nodes: readonly StateOnNode[]): StartTimes {
  return new Map(
    nodes.flatMap(({ node, state, startedAt }): [string, string][] =>
      state === "RUNNING" && startedAt !== undefined ? [[node, startedAt]] : [],
    ),
  );
}

function told({ detailed_message: message, node, state }: StateOnNode): string {
  return `${state} on node ${node}${message === null ? "" : `: ${message}`}`;
}
