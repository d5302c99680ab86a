import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";
import { anyRanges } from "./ranges.ts";

/** Grafana's part of `monitoring`. */
export function grafana(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  const restarts = "Restarts the replicas one after another.";
  const nextLogin = "Restarts Grafana. Takes effect at a user's next login.";
  return z.strictObject({
    host: key(formats.plainHost().default("grafana"), {
      is: "The host name of Grafana.",
      changing: "Creates a new host name and certificate. The old host name stops working.",
    }),
    replicas: key(z.number().int().min(1).max(9).default(sized(2, 1)), {
      is: "Number of replicas. User data is stored in PostgreSQL.",
      unit: "pods",
      changing: "Adds or removes replicas.",
    }),
    resources: key(
      formats.resources(
        sized(
          { cpu: "100m", memory: "256Mi", memoryLimit: "768Mi" },
          { cpu: "50m", memory: "192Mi", memoryLimit: "512Mi" },
        ),
        "Grafana",
      ),
      { is: "Requests and limits of each replica.", changing: restarts },
    ),
    adminGroups: key(z.array(group()).default(["admin"]), {
      is: "Groups of the identity provider whose members are administrators in Grafana.",
      changing: nextLogin,
      accepts: "a list of names of groups",
    }),
    editorGroups: key(z.array(group()).default([]), {
      is: "Groups whose members can edit dashboards and alerts. All other users can only view them.",
      changing: nextLogin,
      accepts: "a list of names of groups",
    }),
    loginForm: key(z.boolean().default(false), {
      is: "Whether Grafana also has a login form with user name and password. The administrator can log in there if the identity provider is down.",
      changing: restarts,
    }),
    logs: key(
      z
        .strictObject({
          enabled: key(z.boolean().default(false), {
            is: "Whether Grafana shows the logs of the stack's own OpenSearch. Every Grafana user can then read them, whatever their rights in Graylog.",
            changing: restarts,
          }),
          pluginVersion: key(
            formats.formed(/^\d{1,4}\.\d{1,4}\.\d{1,4}$/, "a version of three numbers", "2.34.2").default("2.34.2"),
            {
              is: "The version of the plugin `grafana-opensearch-datasource`. Grafana downloads it at each start, because its image has no plugin for OpenSearch.",
              changing: restarts,
            },
          ),
          pluginUrl: key(
            formats
              .formed(
                /^https?:\/\/[^\s/@?#,]+\/[^\s@,]+$/,
                'a URL without a user name or password, such as "https://mirror.example.org/opensearch-datasource.zip"',
                "https://mirror.example.org/opensearch-datasource.zip",
              )
              .optional(),
            {
              is: "The URL of that version's archive.",
              unset: "The plugin is downloaded from grafana.com, which the cluster must be able to reach.",
              changing: restarts,
            },
          ),
          cidrs: anyRanges("Address ranges of the host in that URL, for network policies."),
        })
        .prefault({}),
      { is: "Logs in Grafana." },
    ),
  });
}

/** A group's name or path, without characters that end a string in an expression. */
export function group() {
  return formats.formed(
    /^[A-Za-z0-9/][A-Za-z0-9 ._/-]{0,126}$/,
    "a group's name of letters, digits, spaces and . _ / -",
    "platform-admins",
  );
}
