import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import type { Component } from "../kit/component.ts";
import { everyAddress } from "../kit/environment.ts";
import type { PodService } from "../kit/pods.ts";
import { configMap } from "../kit/secret.ts";
import { deployment } from "../kit/workload.ts";

/** A file of a site: its name and text. */
export interface SiteFile {
  readonly name: string;
  readonly text: string;
}

/** What a site serves. */
export interface Site {
  /** The folder in the container with its files. Default: those of `files`; none without them. */
  readonly root?: string;
  readonly files: readonly SiteFile[];
  /** Responses in JSON by path, for any origin: browsers of other hosts read them. */
  readonly answers?: Readonly<Record<string, object>>;
  /** Files of the configuration's folder that replace those of the root, by path: browsers check for a new copy each time. */
  readonly replaced?: Readonly<Record<string, SiteFile>>;
}

/** The image that serves sites of files. It has images for amd64 and arm64 (nginx/docker-nginx-unprivileged, README). */
export const siteImage = "docker.io/nginxinc/nginx-unprivileged:1.30.4-alpine-slim";

export const sitePort = 8080;

/** Folders in the container. */
export const sitePaths = { configuration: "/etc/site", files: "/srv/site" } as const;

/** The path of the probes. */
const health = "/-/healthy";

/** nginx's configuration for a site: it writes below /tmp only. */
export function siteConfiguration(
  { answers = {}, files, replaced = {}, root }: Site,
  { address, paths = sitePaths, port = sitePort, temporary = "/tmp" }: SiteServer,
): string {
  const folder = root ?? (files.length > 0 ? paths.files : undefined);
  const noCopy = `add_header Cache-Control "no-cache";`;
  const locations = [
    `location = ${health} { access_log off; return 204; }`,
    ...Object.entries(answers).map(([path, body]) => answer(path, body)),
    ...Object.entries(replaced).map(
      ([path, { name }]) => `location = ${path} { ${noCopy} alias ${paths.configuration}/${name}; }`,
    ),
    folder === undefined
      ? "location / { return 404; }"
      : `root ${folder}; index index.html; location = /index.html { ${noCopy} }`,
  ];
  const temporaries = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `  ${kind}_temp_path ${temporary}/${kind};`,
  );
  return [
    "worker_processes 1;",
    "error_log stderr warn;",
    `pid ${temporary}/nginx.pid;`,
    "events { worker_connections 1024; }",
    "http {",
    "  include /etc/nginx/mime.types;",
    "  default_type application/octet-stream;",
    "  access_log off;",
    "  server_tokens off;",
    ...temporaries,
    "  server {",
    `    listen ${address.includes(":") ? `[${address}]` : address}:${port};`,
    ...locations.map((line) => `    ${line}`),
    "  }",
    "}",
    "",
  ].join("\n");
}

/** Where nginx runs. */
interface SiteServer {
  readonly address: string;
  readonly port?: number;
  readonly paths?: Readonly<Record<keyof typeof sitePaths, string>>;
  readonly temporary?: string;
}

/** A fixed response. In nginx's text, `$` would start a variable: the text of JSON can escape it. */
function answer(path: string, body: object): string {
  const text = JSON.stringify(body).replaceAll("$", "\\u0024").replaceAll("'", "\\u0027").replaceAll("\\", "\\\\");
  const headers = `add_header Access-Control-Allow-Origin "*" always; default_type application/json;`;
  return `location = ${path} { ${headers} return 200 '${text}'; }`;
}

/** What the pods of a site need to know. */
interface SiteArgs {
  readonly name: string;
  readonly namespace: string;
  /** The Service's name. */
  readonly service: string;
  /** Default: {@link siteImage}. */
  readonly image?: string;
  readonly site: Site;
}

/** A site of files, on two pods in production, and its Service. */
export function staticSite(owner: Component, role: string, { image = siteImage, name, ...args }: SiteArgs): PodService {
  const { namespace, service, site } = args;
  const { environment } = owner;
  const configuration = configMap(
    owner,
    `${role}-configuration`,
    { name: `${name}-nginx`, namespace },
    {
      "nginx.conf": siteConfiguration(site, { address: everyAddress(environment) }),
      ...texts(Object.values(site.replaced ?? {})),
    },
  );
  const files =
    site.files.length === 0
      ? undefined
      : configMap(owner, `${role}-files`, { name: `${name}-files`, namespace }, texts(site.files));
  const servers = deployment(owner, role, {
    name,
    namespace,
    replicas: environment.production ? 2 : 1,
    labels: { app: name },
    pod: {
      // The image's user `nginx`.
      priority: "applications",
      runAs: { user: 101, group: 101 },
      volumes: { configuration: { from: configuration }, ...(files && { files: { from: files } }) },
      containers: [
        {
          name,
          image,
          command: ["nginx", "-c", `${sitePaths.configuration}/nginx.conf`, "-g", "daemon off;"],
          mounts: {
            [sitePaths.configuration]: { volume: "configuration", readOnly: true },
            ...(files && { [sitePaths.files]: { volume: "files", readOnly: true } }),
          },
          writable: ["/tmp"],
          ports: { http: sitePort },
          probes: {
            readiness: { check: { http: health, port: "http" } },
            liveness: { check: { http: health, port: "http" } },
          },
          resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "64Mi" } },
        },
      ],
    },
  });
  const ports = [{ name: "http", port: sitePort, targetPort: "http" }];
  owner.object(
    Service,
    `${role}-service`,
    { name: service, namespace },
    { spec: { ports, selector: { ...servers.labels } } },
    { dependsOn: [servers.resource] },
  );
  return servers.behind(service, "http");
}

function texts(files: readonly SiteFile[]): Record<string, string> {
  return Object.fromEntries(files.map(({ name, text }) => [name, text]));
}
