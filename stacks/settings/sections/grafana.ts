import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";

/** Grafana's part of `monitoring`. */
export function grafana(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  const restarts = "Restarts the replicas one after the other.";
  const nextLogin = "Restarts Grafana; it counts from a user's next login on.";
  return z.strictObject({
    host: key(formats.host().default("grafana"), {
      is: "The host of Grafana's page.",
      changing: "A new address and certificate; the old address stops answering.",
    }),
    replicas: key(z.number().int().min(1).max(9).default(sized(2, 1)), {
      is: "Replicas; what users make is in PostgreSQL.",
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
      { is: "What each replica asks for.", changing: restarts },
    ),
    adminGroups: key(z.array(group()).default(["admin"]), {
      is: "Groups of the identity provider whose members administer Grafana.",
      changing: nextLogin,
      accepts: "a list of group names",
    }),
    editorGroups: key(z.array(group()).default([]), {
      is: "Groups whose members may change dashboards and alerts; everybody else who may log in looks on.",
      left: "None.",
      changing: nextLogin,
      accepts: "a list of group names",
    }),
    loginForm: key(z.boolean().default(false), {
      is: "Whether Grafana also asks for a name and password, which lets its administrator in where the identity provider is down.",
      changing: restarts,
    }),
    logs: key(
      z
        .strictObject({
          enabled: key(z.boolean().default(false), {
            is: "Whether Grafana shows the logs in the stack's own OpenSearch: to whoever may log in to Grafana, whatever they may see in Graylog.",
            changing: restarts,
          }),
          pluginVersion: key(
            formats.formed(/^\d{1,4}\.\d{1,4}\.\d{1,4}$/, "a version of three numbers", "2.34.2").default("2.34.2"),
            {
              is: "The version of the plugin `grafana-opensearch-datasource`, which each start of Grafana fetches: its image has none that speaks with OpenSearch.",
              changing: restarts,
            },
          ),
          pluginUrl: key(
            formats
              .formed(
                /^https?:\/\/[^\s/@?#,]+\/[^\s@,]+$/,
                'an address without a name or password in it, such as "https://mirror.example.org/opensearch-datasource.zip"',
                "https://mirror.example.org/opensearch-datasource.zip",
              )
              .optional(),
            {
              is: "Where the plugin's archive of that version is fetched from.",
              left: "grafana.com, which the cluster must be able to reach.",
              changing: restarts,
            },
          ),
          cidrs: key(z.array(formats.cidr()).min(1).default(["0.0.0.0/0"]), {
            is: "Address ranges in which that host is, for network policies.",
            unit: "CIDR",
            changing: "Network policies only.",
            accepts: 'a list of address ranges, such as ["10.0.0.0/16"]',
          }),
        })
        .prefault({}),
      { is: "Logs beside metrics.", changing: "See the keys." },
    ),
  });
}

/** A group's name, or its path: nothing that would end the text of an expression. */
function group() {
  return formats.formed(
    /^[A-Za-z0-9/][A-Za-z0-9 ._/-]{0,126}$/,
    "a group's name of letters, digits, spaces and . _ / -",
    "platform-admins",
  );
}
