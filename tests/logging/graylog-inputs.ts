// Inputs as Graylog has them: what is stored, and what runs on each node.
import { Answer, shaped, shapes } from "./graylog-shapes.ts";
import type { Body } from "./graylog-shapes.ts";

export type Input = Body & { id: string; attributes: Body; static_fields: Body };

interface State {
  state: string;
  started_at: string;
  detailed_message: string | null;
  /** Looks at the states until it runs. */
  left: number;
}

/** The inputs of a server with some nodes. */
export class Inputs {
  list: Input[] = [];
  /** By node, and then by the input's id; an input that is not there is stopped. */
  readonly states = new Map<string, Map<string, State>>();
  /** Ports that another program has. */
  readonly taken = new Set<unknown>();
  /** How often states are read until an input that starts runs. */
  slowness = 2;
  /** Reads of the states until a node other than the first follows a change, and by which it starts more slowly. */
  lag = 0;
  private readonly events: { node: string; due: number; act: () => void }[] = [];
  private starts = 0;
  private reads = 0;

  constructor(nodes: readonly string[]) {
    for (const node of nodes) this.states.set(node, new Map());
  }

  /** `GET /cluster/inputstates`. */
  read(): unknown {
    this.reads++;
    for (const event of this.events.splice(0)) {
      if (event.due <= this.reads) event.act();
      else this.events.push(event);
    }
    const answer = Object.fromEntries(
      [...this.states].map(([node, inputs]) => [
        node,
        [...inputs].map(([id, { detailed_message, started_at, state }]) => ({
          id,
          state,
          started_at,
          detailed_message,
        })),
      ]),
    );
    for (const state of [...this.states.values()].flatMap((inputs) => [...inputs.values()]))
      if (state.state === "STARTING" && --state.left <= 0) state.state = "RUNNING";
    return answer;
  }

  /** Answers what is about inputs; undefined: something else. */
  write(route: string, path: string, body: Body, user: string, newId: () => string) {
    const [, id = "", key = ""] = /([0-9a-f]{24})(?:\/staticfields\/(.+))?/.exec(path) ?? [];
    switch (route.replace(/(staticfields)\/.+/, "$1/:key")) {
      case "POST /system/inputs": {
        const { configuration, ...rest } = shaped(body, shapes.input);
        const made = { ...rest, attributes: { ...(configuration as Body) }, static_fields: {} };
        this.list.push({ ...made, creator_user_id: user, id: newId() });
        const { id: of } = this.list.at(-1) as Input;
        this.onNodes((node) => this.start(node, of));
        return { status: 201, body: { id: of } };
      }
      case "PUT /system/inputs/:id": {
        const { configuration, ...rest } = shaped(body, shapes.input);
        // An attribute that is left out stays.
        const attributes = { ...this.found(id).attributes, ...(configuration as Body) };
        Object.assign(this.found(id), rest, { attributes, creator_user_id: user });
        this.changed(id);
        return { status: 201, body: { id } };
      }
      case "DELETE /system/inputs/:id":
        this.found(id);
        this.list = this.list.filter((one) => one.id !== id);
        for (const inputs of this.states.values()) inputs.delete(id);
        return { status: 204 };
      case "POST /system/inputs/:id/staticfields":
        shaped(body, shapes.staticField);
        this.found(id).static_fields[String(body["key"])] = body["value"];
        this.changed(id);
        return { status: 201 };
      case "DELETE /system/inputs/:id/staticfields/:key":
        delete this.found(id).static_fields[key];
        this.changed(id);
        return { status: 204 };
      case "PUT /cluster/inputstates/:id":
        this.found(id);
        for (const node of this.states.keys()) this.start(node, id);
        return { status: 200, body: Object.fromEntries([...this.states.keys()].map((node) => [node, { id }])) };
    }
    return undefined;
  }

  /** Takes an input off, on one node or on all, as a person does. */
  stop(id: string, only?: string): void {
    for (const [node, inputs] of this.states) if (only === undefined || node === only) inputs.delete(id);
  }

  /** A change restarts an input that runs, and no other: one that is about to start stays off. */
  private changed(id: string): void {
    this.onNodes((node) => {
      const was = this.states.get(node)?.get(id)?.state;
      this.states.get(node)?.delete(id);
      if (was === "RUNNING" || was === "SETUP") this.start(node, id);
    });
  }

  private onNodes(act: (node: string) => void): void {
    for (const [index, node] of [...this.states.keys()].entries())
      if (index === 0 || this.lag === 0) act(node);
      else this.events.push({ node, due: this.reads + this.lag, act: () => act(node) });
  }

  private start(node: string, id: string): void {
    const { attributes } = this.found(id);
    const others = this.list.filter((one) => one.id !== id && this.states.get(node)?.get(one.id)?.state === "RUNNING");
    const inUse =
      this.taken.has(attributes["port"]) || others.some((one) => one.attributes["port"] === attributes["port"]);
    const started_at = new Date(Date.UTC(2026, 0, 1) + ++this.starts).toISOString();
    this.states.get(node)?.set(id, {
      started_at,
      left: this.slowness + (node === [...this.states.keys()][0] ? 0 : this.lag),
      ...(inUse
        ? { state: "FAILED", detailed_message: "bind(..) failed with error(-98): Address already in use." }
        : { state: "STARTING", detailed_message: null }),
    });
  }

  private found(id: string): Input {
    const input = this.list.find((one) => one.id === id);
    if (input === undefined) throw new Answer(404, "HTTP 404 Not Found");
    return input;
  }
}
