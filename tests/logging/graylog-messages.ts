// Free ports and messages for tests with a real Graylog.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import type { Desired } from "../../components/logging/graylog/desired.ts";
import { freePorts } from "../keycloak/node.ts";

/** The content with a third syslog input, and with ports that are free on this machine. */
export async function onFreePorts(desired: Desired): Promise<Desired> {
  const [first] = desired.inputs;
  assert.ok(first !== undefined);
  const third = { ...first, title: "Processing Logs", staticFields: { input_src: "ewoc" } };
  const all = [...desired.inputs, third];
  const ports = await freePorts(all.length);
  const inputs = all.map((one, index) => ({
    ...one,
    configuration: {
      ...one.configuration,
      port: ports[index] ?? 0,
      number_worker_threads: 1,
      recv_buffer_size: 262_144,
    },
  }));
  return { ...desired, inputs };
}

/** Sends messages of RFC 5424 to a port of this machine, a datagram each. */
export async function sendSyslog(port: number, count: number): Promise<void> {
  const socket = createSocket("udp4");
  for (let index = 0; index < count; index++)
    await new Promise((resolve) =>
      socket.send(`<13>1 2026-01-01T00:00:00Z host app - - - text ${index}`, port, "127.0.0.1", resolve),
    );
  socket.close();
}

/** Sends messages to a port of this machine, each ended by a null byte. */
export async function sendGelf(port: number, messages: readonly Record<string, unknown>[]): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  const text = messages.map((message) => `${JSON.stringify(message)}\0`).join("");
  await new Promise<void>((resolve) => socket.end(text, resolve));
}

/** Repeats an assertion until it passes, for at most a minute. */
export async function eventually(holds: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++)
    try {
      return await holds();
    } catch (error) {
      if (tries >= 120) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
}
