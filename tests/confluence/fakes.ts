import { Confluence } from "../../components/confluence/confluence.ts";
import type { ConfluenceArgs } from "../../components/confluence/confluence.ts";
import type { Component } from "../../components/kit/component.ts";
import { Empty, made } from "../kit/environment.ts";
import { fakeGateway } from "../midpoint/fakes.ts";
import type { Asked } from "../midpoint/fakes.ts";

/** Requests and limits of a small server. */
export const small = { requests: { cpu: "500m", memory: "300Mi" }, limits: { memory: "1000Mi" } } as const;

/** A PostgreSQL of Confluence's own. */
export const dedicated = { storage: "15Gi", resources: small } as const;

/** Confluence alone, with changes to its arguments: its objects, its facts and what it asked others for. */
export async function deployed(changes: (owner: Component, asked: Asked) => Partial<ConfluenceArgs> = () => ({})) {
  const asked: Asked = { exposures: [], clients: [] };
  const { objects, ledger, resources } = await made((environment) => {
    const rest = new Empty(environment, "rest");
    const args: ConfluenceArgs = {
      namespace: "wiki",
      name: "confluence",
      labels: {},
      host: "wiki",
      replicas: 1,
      resources: { requests: { cpu: "500m", memory: "1536Mi" }, limits: { memory: "2560Mi" } },
      heap: "1Gi",
      storage: "8Gi",
      connections: 20,
      database: dedicated,
      authorities: {},
      gateway: fakeGateway(rest, asked),
      login: false,
      ...changes(rest, asked),
    };
    new Confluence(environment, args, {});
  });
  const find = (kind: string, name: string) => objects.find((one) => one.kind === kind && one.name === name)?.manifest;
  return { objects, ledger, asked, find, resources };
}
