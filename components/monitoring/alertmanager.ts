import type { Duration } from "../kit/quantities.ts";

interface Named {
  /** Unique among receivers; routes name it. */
  readonly name: string;
  /** Whether it is told when an alert is over. */
  readonly sendResolved: boolean;
}

/** Who is told of alerts. Keys that end in `Secret` name secrets of the user's. */
export type Receiver =
  | (Named & {
      readonly kind: "email";
      readonly to: string;
      readonly from: string;
      /** Host and port of the mail server. */
      readonly host: string;
      readonly port: number;
      readonly username?: string;
      readonly passwordSecret?: string;
    })
  | (Named & { readonly kind: "slack"; readonly channel: string; readonly urlSecret: string })
  | (Named & { readonly kind: "webhook"; readonly url: string; readonly tokenSecret?: string | undefined })
  | (Named & { readonly kind: "pagerduty"; readonly routingKeySecret: string });

/** Which alerts go to a receiver: those with all of the labels. */
export interface Route {
  readonly receiver: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Whether later routes are looked at as well. */
  readonly continue: boolean;
}

/** What the configuration is made of. */
export interface Alerting {
  /** The receiver of alerts that no route takes. Default: none. */
  readonly receiver?: string;
  readonly receivers: readonly Receiver[];
  readonly routes: readonly Route[];
  /** A service that raises an alarm of its own when the platform's signal stays out. */
  readonly deadMansSwitch?: { readonly urlSecret: string; readonly interval: Duration };
}

/** The alert that always fires. */
export const watchdog = "Watchdog";

const nobody = "nobody";
const deadMansSwitchReceiver = "dead-mans-switch";

/** The Secret with the users' secrets, and where the operator mounts it (Alertmanager API reference, `spec.secrets`). */
export const receiversSecret = "alertmanager-receivers";
const secretsFolder = `/etc/alertmanager/secrets/${receiversSecret}`;

/** The names of the user's secrets by the key under which the receivers' Secret holds them. */
export function receiverSecrets({ receivers, deadMansSwitch }: Alerting): Record<string, string> {
  const entries = receivers.flatMap((receiver): [string, string | undefined][] => {
    switch (receiver.kind) {
      case "email":
        return [[`${receiver.name}-password`, receiver.passwordSecret]];
      case "slack":
        return [[`${receiver.name}-url`, receiver.urlSecret]];
      case "webhook":
        return [[`${receiver.name}-token`, receiver.tokenSecret]];
      case "pagerduty":
        return [[`${receiver.name}-routing-key`, receiver.routingKeySecret]];
    }
  });
  entries.push([`${deadMansSwitchReceiver}-url`, deadMansSwitch?.urlSecret]);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/**
 * Alertmanager's configuration (prometheus.io/docs/alerting/latest/configuration): secrets are files beside it, which it reads
 * for each notification, so that the text contains none.
 */
export function alertmanagerConfig(alerting: Alerting): object {
  const { deadMansSwitch, receiver = nobody, receivers, routes } = alerting;
  const quiet = deadMansSwitch === undefined ? nobody : deadMansSwitchReceiver;
  return {
    global: { resolve_timeout: "5m" },
    route: {
      receiver,
      group_by: ["namespace", "alertname"],
      group_wait: "30s",
      group_interval: "5m",
      repeat_interval: "12h",
      routes: [
        {
          receiver: quiet,
          matchers: [matcher("alertname", watchdog)],
          group_wait: "0s",
          // An alert is repeated when both have passed (Alertmanager, "Route").
          group_interval: deadMansSwitch?.interval ?? "5m",
          repeat_interval: deadMansSwitch?.interval ?? "12h",
        },
        ...routes.map((route) => ({
          receiver: route.receiver,
          matchers: Object.entries(route.labels).map(([label, value]) => matcher(label, value)),
          continue: route.continue,
        })),
        // To be looked at, not to be told of, unless a route says so.
        { receiver: nobody, matchers: [matcher("severity", "info")] },
      ],
    },
    inhibit_rules: [
      inhibits("critical", "warning|info", ["namespace", "alertname"]),
      inhibits("warning", "info", ["namespace", "alertname"]),
      // Everything on a node is down with it.
      {
        source_matchers: [matcher("alertname", "NodeNotReady")],
        target_matchers: [matcher("severity", "warning|info", "=~")],
        equal: ["node"],
      },
    ],
    receivers: [
      { name: nobody },
      ...receivers.map(receiverConfig),
      ...(deadMansSwitch === undefined
        ? []
        : [
            {
              name: deadMansSwitchReceiver,
              webhook_configs: [{ url_file: secretFile(`${deadMansSwitchReceiver}-url`), send_resolved: false }],
            },
          ]),
    ],
  };
}

/** The TCP ports at which receivers answer. */
export function receiverPorts({ receivers, deadMansSwitch }: Alerting): number[] {
  const ports = receivers.map((receiver) => {
    if (receiver.kind === "email") return receiver.port;
    if (receiver.kind !== "webhook") return 443;
    const { port, protocol } = new URL(receiver.url);
    return port === "" ? (protocol === "http:" ? 80 : 443) : Number(port);
  });
  if (deadMansSwitch !== undefined) ports.push(443);
  return [...new Set(ports)].sort((a, b) => a - b);
}

function receiverConfig(receiver: Receiver): object {
  const { name, sendResolved: send_resolved } = receiver;
  switch (receiver.kind) {
    case "email":
      return {
        name,
        email_configs: [
          {
            to: receiver.to,
            from: receiver.from,
            smarthost: `${receiver.host.includes(":") ? `[${receiver.host}]` : receiver.host}:${receiver.port}`,
            auth_username: receiver.username,
            auth_identity: receiver.username,
            auth_password_file: receiver.passwordSecret && secretFile(`${name}-password`),
            send_resolved,
          },
        ],
      };
    case "slack":
      return {
        name,
        slack_configs: [
          {
            api_url_file: secretFile(`${name}-url`),
            channel: receiver.channel,
            title: "{{ .CommonLabels.severity }}: {{ .CommonLabels.alertname }}",
            text: "{{ range .Alerts }}{{ .Annotations.summary }} {{ .Annotations.runbook_url }}\n{{ end }}",
            send_resolved,
          },
        ],
      };
    case "webhook":
      return {
        name,
        webhook_configs: [
          {
            url: receiver.url,
            http_config: receiver.tokenSecret && {
              authorization: { credentials_file: secretFile(`${name}-token`) },
            },
            send_resolved,
          },
        ],
      };
    case "pagerduty":
      return {
        name,
        pagerduty_configs: [{ routing_key_file: secretFile(`${name}-routing-key`), send_resolved }],
      };
  }
}

function inhibits(source: string, target: string, equal: readonly string[]): object {
  return {
    source_matchers: [matcher("severity", source)],
    target_matchers: [matcher("severity", target, "=~")],
    equal,
  };
}

/** A matcher in Alertmanager's own notation; JSON's escapes are those of its strings. */
function matcher(label: string, value: string, operator: "=" | "=~" = "="): string {
  return `${label}${operator}${JSON.stringify(value)}`;
}

function secretFile(key: string): string {
  return `${secretsFolder}/${key}`;
}
