import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";
import { grafana } from "./grafana.ts";

const nextNotification = "Alertmanager reads it anew; the next notification follows it.";

/** What components offer to Prometheus, and the platform's own Prometheus, Alertmanager and Grafana. */
export function monitoringSection(profile: Profile) {
  return {
    monitoring: key(
      z
        .strictObject({
          serviceMonitors: key(z.boolean().default(true), {
            is: "Whether components offer their metrics as ServiceMonitors; it installs the Prometheus operator's CRDs first.",
            changing: "Turning it off removes the ServiceMonitors; the CRDs go with their release.",
          }),
          enabled: key(z.boolean().default(false), {
            is: "Whether the stack runs Prometheus, Alertmanager and Grafana, with node-exporter on every node.",
            changing: "Turning it off removes them; in prod they are protected, and claims always stay.",
          }),
          controlPlane: key(z.array(z.enum(["etcd", "scheduler", "controller-manager", "proxy"])).default([]), {
            is: "Parts of the control plane whose metrics the nodes offer, beside the API server's; managed clusters offer none.",
            left: "None.",
            changing: "Targets, rules and dashboards of these parts come or go.",
            accepts: "a list of etcd, scheduler, controller-manager and proxy",
          }),
          externalLabels: key(z.record(labelName(), formats.labelValue()).default({}), {
            is: "Further labels of every series and alert that leaves Prometheus, beside `cluster`, which is the stack's name.",
            changing: "Series from then on; routes that match alerts by them follow.",
            accepts: "an object of labels, all values as text",
          }),
          runbooks: key(
            formats
              .formed(
                /^https?:\/\/[^\s/@?#]+(\/[^\s]*[^\s/])?$/,
                'an address without "/" at the end, such as "https://git.example.org/groundplan/docs/runbooks"',
                "https://git.example.org/groundplan/docs/runbooks",
              )
              .optional(),
            {
              is: "The address below which the pages of docs/runbooks are found: alerts link there.",
              left: "Alerts name the page's path in the project.",
              changing: "The next alert has the other link.",
            },
          ),
          prometheus: key(prometheus(profile).prefault({}), {
            is: "Prometheus, which collects and keeps metrics.",
            changing: "See the keys.",
          }),
          alertmanager: key(alertmanager(profile).prefault({}), {
            is: "Alertmanager, which tells people of alerts.",
            changing: "See the keys.",
          }),
          thanos: key(thanos(profile).prefault({}), {
            is: "Thanos, which keeps metrics for years in a bucket.",
            changing: "See the keys.",
          }),
          grafana: key(grafana(profile).prefault({}), {
            is: "Grafana, which shows dashboards.",
            changing: "See the keys.",
          }),
        })
        .prefault({}),
      {
        is: "Metrics: what components offer, and the platform's own Prometheus, Alertmanager and Grafana.",
        changing: "See the keys.",
      },
    ),
  };
}

function prometheus(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  const restarts = "Restarts the replicas one after the other.";
  return z.strictObject({
    host: host("prometheus", "Prometheus' page; it has one only behind a login"),
    replicas: key(z.number().int().min(1).max(2).default(sized(2, 1)), {
      is: "Replicas: each collects everything, on a node of its own.",
      unit: "pods",
      changing: "Adds or removes a replica; the claim of a removed one stays.",
    }),
    retention: key(formats.duration().default(sized("15d", "2d")), {
      is: "How long samples are kept; at four fifths of the claim the oldest go earlier.",
      changing: "A shorter one deletes samples.",
    }),
    scrapeInterval: key(formats.duration().default("30s"), {
      is: "Time between two looks at a target, and at each rule.",
      changing: restarts,
    }),
    storage: key(formats.bytes().default(sized("50Gi", "5Gi")), {
      is: "Size of each replica's claim, on the class with the role `fast`.",
      changing:
        "Claim templates cannot change: grow the claims by hand first (docs/recovery.md); shrinking loses data.",
    }),
    resources: key(
      formats.resources(
        sized({ cpu: "500m", memory: "2Gi", memoryLimit: "4Gi" }, { cpu: "100m", memory: "400Mi", memoryLimit: "1Gi" }),
        "Prometheus",
      ),
      { is: "What each replica asks for.", changing: restarts },
    ),
  });
}

function alertmanager(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  return z.strictObject({
    host: host("alertmanager", "Alertmanager's page; it has one only behind a login"),
    replicas: key(z.number().int().min(1).max(3).default(sized(2, 1)), {
      is: "Replicas: they tell each other what was sent, so that nobody is told twice.",
      unit: "pods",
      changing: "Adds or removes a replica.",
    }),
    storage: key(formats.bytes().default("1Gi"), {
      is: "Size of each replica's claim, for silences and what was sent, on the class with the role `fast`.",
      changing: "Claim templates cannot change: grow the claims by hand first (docs/recovery.md).",
    }),
    receivers: key(z.array(receiver()).default([]), {
      is: "Who is told of alerts.",
      left: "Nobody: alerts are seen in Grafana and Alertmanager only.",
      changing: nextNotification,
      accepts: "a list of receivers",
    }),
    receiver: key(formats.name().optional(), {
      is: "The receiver of alerts that no route takes.",
      left: "Nobody is told of them.",
      changing: nextNotification,
    }),
    routes: key(z.array(route()).default([]), {
      is: "Which alerts go to which receiver: the first that fits.",
      left: "Every alert goes to `monitoring.alertmanager.receiver`.",
      changing: nextNotification,
      accepts: "a list of routes",
    }),
    deadMansSwitch: key(
      z
        .strictObject({
          urlSecret: key(formats.secretName(), {
            is: "The secret with the address that is called as long as alerts work, such as that of a healthchecks.io check.",
            left: "An error.",
            changing: nextNotification,
            secret: true,
          }),
          interval: key(formats.duration().default("5m"), {
            is: "Time between two calls; the service must wait longer before it raises the alarm.",
            changing: nextNotification,
          }),
        })
        .optional(),
      {
        is: "A service outside that raises the alarm when the platform no longer calls it.",
        left: "Nobody notices when Prometheus or Alertmanager itself is down.",
        changing: nextNotification,
      },
    ),
  });
}

function thanos(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  const shorter = "A shorter one deletes samples at the next compaction.";
  const fixed =
    "Claim templates cannot change: grow the claims by hand first; the content is made anew from the bucket.";
  return z.strictObject({
    enabled: key(z.boolean().default(false), {
      is: "Whether Prometheus uploads its blocks into a bucket, from which Thanos answers queries over all time.",
      changing: "Turning it off leaves what is in the bucket there.",
    }),
    replicas: key(z.number().int().min(1).max(9).default(sized(2, 1)), {
      is: "Replicas of the querier and of the store gateway; the compactor is always one.",
      unit: "pods",
      changing: "Adds or removes replicas.",
    }),
    retention: key(
      z
        .strictObject({
          raw: key(formats.duration().default(sized("30d", "7d")), {
            is: "How long samples are kept as they came.",
            changing: shorter,
          }),
          fiveMinutes: key(formats.duration().default(sized("180d", "14d")), {
            is: "How long they are kept in steps of five minutes.",
            changing: shorter,
          }),
          oneHour: key(formats.duration().default(sized("1095d", "30d")), {
            is: "How long they are kept in steps of an hour.",
            changing: shorter,
          }),
        })
        .prefault({}),
      { is: "How long samples are kept in the bucket, by their resolution.", changing: "See the keys." },
    ),
    compactorStorage: key(formats.bytes().default(sized("100Gi", "5Gi")), {
      is: "Size of the compactor's claim, on the class with the role `bulk`: room for the blocks that it merges.",
      changing: fixed,
    }),
    storeStorage: key(formats.bytes().default(sized("10Gi", "1Gi")), {
      is: "Size of each store gateway's claim, on the class with the role `bulk`: indexes of blocks.",
      changing: fixed,
    }),
  });
}

function receiver() {
  const name = key(formats.name(), {
    is: "The receiver's name, which routes say.",
    left: "An error.",
    changing: "Routes need the new name.",
  });
  const sendResolved = key(z.boolean().default(true), {
    is: "Whether it is told when an alert is over.",
    changing: nextNotification,
  });
  const kind = <Kind extends string>(value: Kind, is: string) =>
    key(z.literal(value), { is, left: "An error.", changing: nextNotification });
  const required = (is: string) => ({ is, left: "An error.", changing: nextNotification });
  return z.discriminatedUnion("kind", [
    z.strictObject({
      name,
      kind: kind("email", "By e-mail."),
      to: key(formats.email(), required("The address that is written to.")),
      from: key(formats.email(), required("The address that writes.")),
      host: key(formats.address(), required("The mail server.")),
      port: key(formats.port().default(587), {
        is: "The mail server's port; the connection is encrypted.",
        unit: "TCP port",
        changing: nextNotification,
      }),
      username: key(formats.plainText(253, "alerts").optional(), {
        is: "The name with which to log in at the mail server.",
        left: "It asks for no login.",
        changing: nextNotification,
      }),
      passwordSecret: key(formats.secretName().optional(), {
        is: "The secret with the password for it.",
        left: "It asks for no login.",
        changing: nextNotification,
        secret: true,
      }),
      sendResolved,
    }),
    z.strictObject({
      name,
      kind: kind("slack", "In a channel of Slack, or of what speaks its protocol."),
      channel: key(formats.plainText(80, "#alerts"), required("The channel, or a person.")),
      urlSecret: key(formats.secretName(), {
        ...required("The secret with the address of the incoming webhook."),
        secret: true,
      }),
      sendResolved,
    }),
    z.strictObject({
      name,
      kind: kind("webhook", "By an HTTP request with the alerts as JSON."),
      url: key(
        formats.formed(
          /^https?:\/\/[^\s/@?#]+(\/[^\s]*)?$/,
          'an address without a name or password in it, such as "https://example.org/alerts"',
          "https://example.org/alerts",
        ),
        required("The address that is called."),
      ),
      tokenSecret: key(formats.secretName().optional(), {
        is: "The secret with a bearer token that goes along.",
        left: "None goes along.",
        changing: nextNotification,
        secret: true,
      }),
      sendResolved,
    }),
    z.strictObject({
      name,
      kind: kind("pagerduty", "By PagerDuty."),
      routingKeySecret: key(formats.secretName(), {
        ...required("The secret with the integration key of Events API v2."),
        secret: true,
      }),
      sendResolved,
    }),
  ]);
}

function route() {
  return z.strictObject({
    receiver: key(formats.name(), {
      is: "The receiver.",
      left: "An error.",
      changing: nextNotification,
    }),
    labels: key(z.record(labelName(), formats.plainText(253, "critical")), {
      is: "Labels that an alert must have, with exactly these values; rules set `severity` to `critical`, `warning` or `info`, and `component`.",
      left: "An error: a route for everything is `monitoring.alertmanager.receiver`.",
      changing: nextNotification,
      accepts: "an object of labels, all values as text",
    }),
    continue: key(z.boolean().default(false), {
      is: "Whether later routes are looked at as well.",
      changing: nextNotification,
    }),
  });
}

function host(name: string, what: string) {
  return key(formats.host().default(name), {
    is: `The host of ${what}.`,
    changing: "A new address and certificate; the old address stops answering.",
  });
}

/** A label's name in Prometheus (prometheus.io, "Data model"). */
function labelName() {
  return formats.formed(/^(?!__)[a-zA-Z_][a-zA-Z0-9_]{0,62}$/, "a label's name of letters, digits and '_'", "severity");
}
