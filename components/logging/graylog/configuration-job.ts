import type * as pulumi from "@pulumi/pulumi";
import type { Component } from "../../kit/component.ts";
import { everyAddress, serviceHost } from "../../kit/environment.ts";
import { nodeAccount, nodeImage } from "../../kit/program.ts";
import { configMap } from "../../kit/secret.ts";
import type { SecretKey } from "../../kit/secret.ts";
import { stableJson } from "../../kit/stable.ts";
import { job } from "../../kit/workload.ts";
import { accounts, graylogConfiguration, userHeader } from "./configuration.ts";
import type { ContentChoices } from "./configuration.ts";
import { programCommand, programTexts } from "./program.ts";
import * as graylog from "./values.ts";

const configureRole = "configuration-job";

/** Graylog's content, and whether people log in at the gateway. */
export interface ConfigurationArgs {
  readonly namespace: string;
  readonly content: Omit<ContentChoices, "userHeader">;
  readonly behindLogin: boolean;
}

/** Graylog's content as code: the Job runs again whenever it changes. */
export function configurationJob(
  owner: Component,
  { behindLogin, content: choices, namespace }: ConfigurationArgs,
  { people, own }: { readonly people: SecretKey; readonly own: SecretKey },
  release: pulumi.Resource,
): pulumi.Resource {
  const desired = graylogConfiguration(
    { ...choices, userHeader: behindLogin ? userHeader : null },
    everyAddress(owner.environment),
  );
  const program = programTexts("configure");
  const content = { "configuration.json": stableJson(desired, 2) + "\n" };
  const carried = configMap(
    owner,
    "configuration-program",
    { name: "graylog-configuration-program", namespace },
    program,
  );
  const wanted = configMap(owner, "configuration", { name: "graylog-configuration", namespace }, content);
  const servers = graylog.graylogServers(namespace);
  const web = servers.port("web");
  owner.environment.ledger.edges.push({
    from: owner.pods(configureRole, namespace).peer,
    to: servers.peer,
    ports: [web],
    purpose: "Graylog's content as code",
  });
  return job(
    owner,
    configureRole,
    {
      name: "graylog-configuration",
      namespace,
      pod: {
        runAs: nodeAccount,
        volumes: { program: { from: carried }, configuration: { from: wanted } },
        containers: [
          {
            name: "configure",
            image: nodeImage,
            command: programCommand("configure", "/program"),
            env: {
              CONFIGURATION: "/configuration/configuration.json",
              GRAYLOG_API: `http://${serviceHost(owner.environment, "graylog-web", namespace)}:${web}/api`,
              ROOT_USERNAME: accounts.root,
              ROOT_PASSWORD: people,
              OWN_USERNAME: accounts.own,
              OWN_PASSWORD: own,
              WAIT_SECONDS: "600",
            },
            mounts: {
              "/program": { volume: "program", readOnly: true },
              "/configuration": { volume: "configuration", readOnly: true },
            },
            resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
          },
        ],
      },
    },
    "configuration-job",
    [program, content],
    {
      dependsOn: [release, people.secret.resource, own.secret.resource, carried.resource, wanted.resource],
    },
  ).resource;
}
