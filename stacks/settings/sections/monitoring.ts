import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";
import { grafana } from "./grafana.ts";

const nextNotification = "Alertmanager reloads its configuration. Takes effect with the next notification.";

/** Metrics of components, and the platform's own Prometheus, Alertmanager and Grafana. */
export function monitoringSection(profile: Profile) {
  return {
    monitoring: key(
      z
        .strictObject({
          serviceMonitors: key(z.boolean().default(true), {
            is: "Whether components have ServiceMonitors for their metrics. This also installs the CRDs of the Prometheus operator.",
            changing: "Turning it off deletes the ServiceMonitors. The CRDs are deleted with their release.",
          }),
          enabled: key(z.boolean().default(false), {
            is: "Whether the stack runs Prometheus, Alertmanager and Grafana, and node-exporter on every node.",
            changing:
              "Turning it off deletes them. In prod they are protected, and PersistentVolumeClaims are always kept.",
          }),
          controlPlane: key(z.array(z.enum(["etcd", "scheduler", "controller-manager", "proxy"])).default([]), {
            is: "Parts of the control plane whose metrics the nodes expose, in addition to the API server's. Managed clusters expose none.",
            changing: "Adds or removes targets, rules and dashboards of these parts.",
            accepts: "a list of etcd, scheduler, controller-manager and proxy",
          }),
          externalLabels: key(z.record(labelName(), formats.labelValue()).default({}), {
            is: "Additional external labels of every series and alert that leaves Prometheus. `cluster` is always set to the stack's name.",
            changing: "Affects new series. Update routes that match alerts by these labels.",
            accepts: "an object of labels; values must be strings",
          }),
          runbooks: key(
            formats
              .formed(
                /^https?:\/\/[^\s/@?#]+(\/[^\s]*[^\s/])?$/,
                'a URL without "/" at the end, such as "https://git.example.org/groundplan/docs/runbooks"',
                "https://git.example.org/groundplan/docs/runbooks",
              )
              .optional(),
            {
              is: "The base URL of the pages in docs/runbooks, to which alerts link.",
              unset: "Alerts contain the path of the page in the project.",
              changing: "The next alert has the new link.",
            },
          ),
          prometheus: key(prometheus(profile).prefault({}), {
            is: "Prometheus, which collects and stores metrics.",
          }),
          alertmanager: key(alertmanager(profile).prefault({}), {
            is: "Alertmanager, which sends notifications for alerts.",
          }),
          thanos: key(thanos(profile).prefault({}), {
            is: "Thanos, which stores metrics in a bucket for years.",
          }),
          grafana: key(grafana(profile).prefault({}), {
            is: "Grafana, which shows dashboards.",
          }),
        })
        .prefault({}),
      {
        is: "Metrics of components, and the platform's own Prometheus, Alertmanager and Grafana.",
      },
    ),
  };
}

function prometheus(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  const restarts = "Restarts the replicas one after another.";
  return z.strictObject({
    host: host("prometheus", "Prometheus' web interface, which is only available behind a login"),
    replicas: key(z.number().int().min(1).max(2).default(sized(2, 1)), {
      is: "Number of replicas. Each scrapes every target, on its own node.",
      unit: "pods",
      changing: "Adds or removes a replica. The claim of a removed one is kept.",
    }),
    retention: key(formats.duration().default(sized("15d", "2d")), {
      is: "How long samples are kept. Above 80 % of the PersistentVolumeClaim, the oldest samples are deleted earlier.",
      changing: "A shorter one deletes samples.",
    }),
    scrapeInterval: key(formats.duration().default("30s"), {
      is: "Interval between two scrapes of a target, and between two evaluations of a rule.",
      changing: restarts,
    }),
    storage: key(formats.bytes().default(sized("50Gi", "5Gi")), {
      is: "Size of each replica's PersistentVolumeClaim (storage role `fast`).",
      changing:
        "To grow, resize the claims by hand first, because claim templates are immutable (docs/recovery.md). Shrinking loses data.",
    }),
    resources: key(
      formats.resources(
        sized({ cpu: "500m", memory: "2Gi", memoryLimit: "4Gi" }, { cpu: "100m", memory: "400Mi", memoryLimit: "1Gi" }),
        "Prometheus",
      ),
      { is: "Requests and limits of each replica.", changing: restarts },
    ),
  });
}

function alertmanager(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  return z.strictObject({
    host: host("alertmanager", "Alertmanager's web interface, which is only available behind a login"),
    exposed: key(z.boolean().default(true), {
      is: "Whether Alertmanager's web interface has a host. Grafana shows alerts and silences without it.",
      changing: "Turning it off deletes the host, its certificate and its client.",
    }),
    replicas: key(z.number().int().min(1).max(3).default(sized(2, 1)), {
      is: "Number of replicas. They share what was sent, so that each notification is sent once.",
      unit: "pods",
      changing: "Adds or removes a replica.",
    }),
    storage: key(formats.bytes().default("1Gi"), {
      is: "Size of each replica's PersistentVolumeClaim for silences and sent notifications (storage role `fast`).",
      changing: "To grow, resize the claims by hand first, because claim templates are immutable (docs/recovery.md).",
    }),
    receivers: key(z.array(receiver()).default([]), {
      is: "Receivers of notifications.",
      unset: "No notifications are sent. Alerts are visible in Grafana and Alertmanager only.",
      changing: nextNotification,
      accepts: "a list of receivers",
    }),
    receiver: key(formats.name().optional(), {
      is: "The receiver of alerts that match no route.",
      unset: "No notifications are sent for them.",
      changing: nextNotification,
    }),
    routes: key(z.array(route()).default([]), {
      is: "Routes from alerts to receivers. The first match is used.",
      unset: "Every alert goes to `monitoring.alertmanager.receiver`.",
      changing: nextNotification,
      accepts: "a list of routes",
    }),
    deadMansSwitch: key(
      z
        .strictObject({
          urlSecret: key(formats.secretName(), {
            is: "The secret with the URL that is called while alerting works, such as that of a healthchecks.io check.",
            changing: nextNotification,
            secret: true,
          }),
          interval: key(formats.duration().default("5m"), {
            is: "Interval between two calls. The service must wait longer before it raises an alarm.",
            changing: nextNotification,
          }),
        })
        .optional(),
      {
        is: "An external service that raises an alarm when the platform stops calling it.",
        unset: "An outage of Prometheus or Alertmanager itself is not reported.",
        changing: nextNotification,
      },
    ),
  });
}

function thanos(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  const shorter = "A shorter one deletes samples at the next compaction.";
  const fixed =
    "To grow, resize the claims by hand first, because claim templates are immutable. The content is created again from the bucket.";
  return z.strictObject({
    enabled: key(z.boolean().default(false), {
      is: "Whether Prometheus uploads its blocks to a bucket, from which Thanos answers queries over the whole retention.",
      changing: "Turning it off keeps the data in the bucket.",
    }),
    replicas: key(z.number().int().min(1).max(9).default(sized(2, 1)), {
      is: "Replicas of the querier and of the store gateway. The compactor always has one.",
      unit: "pods",
      changing: "Adds or removes replicas.",
    }),
    retention: key(
      z
        .strictObject({
          raw: key(formats.duration().default(sized("30d", "7d")), {
            is: "How long raw samples are kept.",
            changing: shorter,
          }),
          fiveMinutes: key(formats.duration().default(sized("180d", "14d")), {
            is: "How long samples with a resolution of five minutes are kept.",
            changing: shorter,
          }),
          oneHour: key(formats.duration().default(sized("1095d", "30d")), {
            is: "How long samples with a resolution of one hour are kept.",
            changing: shorter,
          }),
        })
        .prefault({}),
      { is: "How long samples are kept in the bucket, by resolution." },
    ),
    compactorStorage: key(formats.bytes().default(sized("100Gi", "5Gi")), {
      is: "Size of the compactor's PersistentVolumeClaim, for the blocks that it merges (storage role `bulk`).",
      changing: fixed,
    }),
    storeStorage: key(formats.bytes().default(sized("10Gi", "1Gi")), {
      is: "Size of each store gateway's PersistentVolumeClaim, for indexes of blocks (storage role `bulk`).",
      changing: fixed,
    }),
  });
}

function receiver() {
  const name = key(formats.name(), {
    is: "The receiver's name, as routes refer to it.",
    changing: "Update the routes that refer to it.",
  });
  const sendResolved = key(z.boolean().default(true), {
    is: "Whether a notification is sent when an alert is resolved.",
    changing: nextNotification,
  });
  const kind = <Kind extends string>(value: Kind, is: string) =>
    key(z.literal(value), { is, changing: nextNotification });
  const required = (is: string) => ({ is, changing: nextNotification });
  return z.discriminatedUnion("kind", [
    z.strictObject({
      name,
      kind: kind("email", "An e-mail receiver."),
      to: key(formats.email(), required("The recipient's address.")),
      from: key(formats.email(), required("The sender's address.")),
      host: key(formats.address(), required("The host name or IP address of the mail server.")),
      port: key(formats.port().default(587), {
        is: "The port of the mail server. The connection is encrypted.",
        unit: "TCP port",
        changing: nextNotification,
      }),
      username: key(formats.plainText(253, "alerts").optional(), {
        is: "The user name for the mail server.",
        unset: "The mail server is used without a login.",
        changing: nextNotification,
      }),
      passwordSecret: key(formats.secretName().optional(), {
        is: "The secret with the password for the mail server.",
        unset: "The mail server is used without a login.",
        changing: nextNotification,
        secret: true,
      }),
      sendResolved,
    }),
    z.strictObject({
      name,
      kind: kind("slack", "A channel of Slack, or of a service with the same protocol."),
      channel: key(formats.plainText(80, "#alerts"), required("The channel, or a user.")),
      urlSecret: key(formats.secretName(), {
        ...required("The secret with the URL of the incoming webhook."),
        secret: true,
      }),
      sendResolved,
    }),
    z.strictObject({
      name,
      kind: kind("webhook", "A webhook: an HTTP request with the alerts as JSON."),
      url: key(
        formats.formed(
          /^https?:\/\/[^\s/@?#]+(\/[^\s]*)?$/,
          'a URL without a user name or password, such as "https://example.org/alerts"',
          "https://example.org/alerts",
        ),
        required("The URL that is called."),
      ),
      tokenSecret: key(formats.secretName().optional(), {
        is: "The secret with a bearer token for the request.",
        unset: "The request has no token.",
        changing: nextNotification,
        secret: true,
      }),
      sendResolved,
    }),
    z.strictObject({
      name,
      kind: kind("pagerduty", "A PagerDuty receiver."),
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
      is: "The name of the receiver.",
      changing: nextNotification,
    }),
    labels: key(z.record(labelName(), formats.plainText(253, "critical")), {
      is: "Labels that an alert must have, with exactly these values. Rules set `severity` to `critical`, `warning` or `info`, and `component`. For all other alerts, set `monitoring.alertmanager.receiver`.",
      changing: nextNotification,
      accepts: "an object of labels; values must be strings",
    }),
    continue: key(z.boolean().default(false), {
      is: "Whether later routes are evaluated as well.",
      changing: nextNotification,
    }),
  });
}

function host(name: string, what: string) {
  return key(formats.plainHost().default(name), {
    is: `The host name of ${what}.`,
    changing: "Creates a new host name and certificate. The old host name stops working.",
  });
}

/** A label's name in Prometheus (prometheus.io, "Data model"). */
function labelName() {
  return formats.formed(/^(?!__)[a-zA-Z_][a-zA-Z0-9_]{0,62}$/, "a label's name of letters, digits and '_'", "severity");
}
