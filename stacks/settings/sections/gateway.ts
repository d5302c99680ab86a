import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";

const moves = "Every host moves to the other gateway: name its new address in DNS.";
const rerouted = "Changes the host's route at once.";

/** The gateway in front of every host. */
export function gatewaySection(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  return {
    gateway: key(
      z
        .strictObject({
          enabled: key(z.boolean().default(false), {
            is: "Whether hosts are served: without a gateway no host leads anywhere.",
            changing: "Turning it off removes every route, and the gateway with its address.",
          }),
          kind: key(z.enum(["kong", "traefik", "nginx"]).default("kong"), {
            is: "What serves the hosts: Kong with a database, Traefik, or an ingress-nginx that exists in the cluster.",
            changing: moves,
          }),
          namespace: key(formats.name().default("gateway"), {
            is: "The gateway's namespace.",
            changing: moves,
          }),
          ingressClass: key(formats.name().optional(), {
            is: "The class of its Ingress objects.",
            left: "The kind's name; Traefik and Kong are always called so.",
            changing: moves,
          }),
          controllerNamespace: key(formats.name().default("ingress-nginx"), {
            is: "Where the pods of the nginx controller run, for `kind: nginx`.",
            changing: "Network policies only.",
          }),
          workload: key(z.enum(["deployment", "daemonSet"]).default("deployment"), {
            is: "Whether its pods are shared out over nodes, or one runs on each.",
            changing: "The pods are made anew; connections break once.",
          }),
          replicas: key(z.number().int().min(1).max(20).default(sized(2, 1)), {
            is: "Pods of the gateway, for `workload: deployment`.",
            unit: "pods",
            changing: "Connections through a removed pod break once.",
          }),
          maxReplicas: key(z.number().int().min(2).max(50).optional(), {
            is: "Pods up to which it grows while they use three quarters of the CPU that they ask for.",
            unit: "pods",
            left: "It does not grow.",
            changing: "Nothing that runs.",
          }),
          resources: key(
            formats.resources(
              sized(
                { cpu: "250m", memory: "768Mi", memoryLimit: "1536Mi" },
                { cpu: "50m", memory: "512Mi", memoryLimit: "1Gi" },
              ),
              "gateway",
            ),
            { is: "What each pod asks for.", changing: "Restarts the pods one after the other." },
          ),
          service: key(service(profile).prefault({}), {
            is: "The Service that clients outside the cluster reach.",
            changing: "See the keys.",
          }),
          trustedProxies: key(z.array(formats.cidr()).default([]), {
            is: "Address ranges of proxies in front, whose `X-Forwarded-For` says who the client is.",
            unit: "CIDR",
            left: "The client is whoever connects.",
            changing: "Restarts the pods one after the other; a range too wide lets clients claim any address.",
            accepts: 'a list of address ranges, such as ["10.0.0.0/16"]',
          }),
          hsts: key(formats.duration().default(sized("365d", "1d")), {
            is: "How long browsers refuse plain HTTP to a host once they saw it (`Strict-Transport-Security`).",
            changing: "Browsers keep what they saw last until it runs out.",
          }),
          defaultHost: key(formats.plainHost().optional(), {
            is: "The host whose certificate answers for names that have none, for `kind: traefik`.",
            left: "Traefik makes one up, which browsers refuse.",
            changing: "Nothing that runs.",
          }),
          dashboardHost: key(formats.plainHost().optional(), {
            is: "Where Traefik's dashboard answers behind a login, for `kind: traefik`: `NAME` for NAME.DOMAIN, or a full host name.",
            left: "There is no dashboard.",
            changing: "Restarts the pods one after the other where it appears or goes.",
          }),
          login: key(login(profile).prefault({}), {
            is: "The login in front of applications that ask for none themselves.",
            changing: "See the keys.",
          }),
          hosts: key(z.array(exposedHost()).default([]), {
            is: "Hosts of applications of your own; components of the platform bring theirs along.",
            left: "None.",
            changing: "Removing one takes its route and certificate away.",
            accepts: "a list of hosts",
          }),
        })
        .prefault({}),
      { is: "The gateway: what stands in front of every host.", changing: "See the keys." },
    ),
  };
}

function service(profile: Profile) {
  const type = byProfile<"LoadBalancer" | "NodePort">(profile, { prod: "LoadBalancer", dev: "NodePort" });
  return z.strictObject({
    type: key(z.enum(["LoadBalancer", "NodePort"]).default(type), {
      is: "How clients outside reach it: at an address that the cluster gives, or at ports of every node.",
      changing: "Another address: name it in DNS.",
    }),
    httpNodePort: key(formats.nodePort().optional(), {
      is: "The nodes' port for HTTP.",
      unit: "TCP port",
      left: "The cluster chooses one.",
      changing: "Clients use the other port.",
    }),
    httpsNodePort: key(formats.nodePort().optional(), {
      is: "The nodes' port for HTTPS.",
      unit: "TCP port",
      left: "The cluster chooses one.",
      changing: "Clients use the other port.",
    }),
    annotations: key(z.record(formats.labelKey(), formats.plainText(1000, "nlb")).default({}), {
      is: "Annotations by which a cloud shapes its load balancer.",
      left: "None.",
      changing: "The cloud may make another load balancer, with another address.",
      accepts: "an object of annotations, all values as text",
    }),
  });
}

function login(profile: Profile) {
  return z.strictObject({
    method: key(z.enum(["proxy", "plugin"]).optional(), {
      is: "How people log in at the edge: oauth2-proxy beside the application, or Kong's plugin `oidc`.",
      left: "`plugin` where `pluginImage` is given, else `proxy`.",
      changing: "Everybody logs in again.",
    }),
    pluginImage: key(formats.image().optional(), {
      is: "A Kong image with the plugin `oidc`, as images/kong-oidc builds it.",
      left: "The stock image, which has no such plugin.",
      changing: "Restarts Kong's pods one after the other.",
    }),
    replicas: key(
      z
        .number()
        .int()
        .min(1)
        .max(9)
        .default(byProfile(profile, { prod: 2, dev: 1 })),
      {
        is: "Pods of oauth2-proxy beside each application.",
        unit: "pods",
        changing: "Sessions stay: they travel in cookies.",
      },
    ),
  });
}

function exposedHost() {
  return z.strictObject({
    host: key(formats.plainHost(), {
      is: "`NAME` for NAME.DOMAIN, or a full host name.",
      left: "An error.",
      changing: "A route and a certificate for the other host.",
    }),
    purpose: key(formats.plainText(200, "the team's wiki").default("an application of your own"), {
      is: "What people find there.",
      changing: "Nothing that runs.",
    }),
    namespace: key(formats.name(), {
      is: "The application's namespace.",
      left: "An error.",
      changing: rerouted,
    }),
    service: key(formats.name(), { is: "The application's Service.", left: "An error.", changing: rerouted }),
    port: key(formats.port().default(80), { is: "The Service's port.", unit: "TCP port", changing: rerouted }),
    targetPort: key(formats.port().optional(), {
      is: "The pods' port, for network policies.",
      unit: "TCP port",
      left: "`port`.",
      changing: rerouted,
    }),
    labels: key(z.record(formats.labelKey(), formats.labelValue()).default({}), {
      is: "Labels of the application's pods: whom the gateway may reach.",
      left: "Every pod of the namespace; `sticky` and `timeout` need them.",
      changing: rerouted,
      accepts: "an object of labels, all values as text",
    }),
    paths: key(z.array(formats.absolutePath()).min(1).default(["/"]), {
      is: "Path prefixes that lead there.",
      changing: rerouted,
      accepts: 'a list of paths, such as ["/"]',
    }),
    sticky: key(z.boolean().default(false), {
      is: "Whether a browser stays with the pod that answered it first.",
      changing: rerouted,
    }),
    maxBodySize: key(formats.bytes().optional(), {
      is: "Largest request body.",
      left: "The gateway's own: none with Kong and Traefik, 1 MiB with nginx.",
      changing: rerouted,
    }),
    maxInFlight: key(z.number().int().min(1).max(100_000).optional(), {
      is: "Requests that each pod of the gateway has under way at the same time for this host, for `kind: traefik`.",
      unit: "requests",
      left: "Any number.",
      changing: rerouted,
    }),
    timeout: key(formats.duration().optional(), {
      is: "Longest wait for the application.",
      left: "The gateway's own, mostly a minute.",
      changing: rerouted,
    }),
    allowFrom: key(z.array(formats.cidr()).default([]), {
      is: "Address ranges from which the host answers.",
      unit: "CIDR",
      left: "Any.",
      changing: rerouted,
      accepts: 'a list of address ranges, such as ["10.0.0.0/16"]',
    }),
    issuer: key(formats.name().optional(), {
      is: "Who signs its certificate: one of `certificates.issuers`.",
      left: "`certificates.issuer`.",
      changing: "A certificate of the other issuer at once.",
    }),
    login: key(hostLogin().optional(), {
      is: "The login in front of the application, for users of the platform's Keycloak.",
      left: "The application asks for a login itself, or lets everybody in.",
      changing: "Taking it away lets everybody through to the application.",
    }),
    apiOnly: key(z.boolean().default(false), {
      is: "Whether only programs with a bearer token enter; it needs `login`.",
      changing: rerouted,
    }),
  });
}

function hostLogin() {
  return z.strictObject({
    client: key(formats.name().optional(), {
      is: "The client's name in the realm; whoever has its role `NAME_role` may enter. One of `keycloak.clients` may stand before several hosts of its namespace.",
      left: "The first label of `host`.",
      changing: "A new client with a new role and secret: give users the new role.",
    }),
    realmRoles: key(z.array(formats.name()).default([]), {
      is: "Roles of the realm whose users get the client's role along.",
      left: "Only who is given the client's role, or is in a group that has it.",
      changing: "Who may enter, from their next login on.",
      accepts: 'a list of roles, such as ["user"]',
    }),
    groups: key(z.array(formats.plainText(100, "editors")).default([]), {
      is: "Groups of which a user needs one besides.",
      left: "Any user with the role.",
      changing: "Who may enter, from their next login on.",
      accepts: 'a list of groups, such as ["editors"]',
    }),
    apiPaths: key(z.array(formats.absolutePath()).default([]), {
      is: "Path prefixes for programs: a bearer token enters, and nobody is sent to log in.",
      left: "None.",
      changing: rerouted,
      accepts: 'a list of paths, such as ["/api"]',
    }),
    claims: key(
      z
        .record(
          formats.formed(/^[A-Za-z0-9_.-]{1,100}$/, 'a claim, such as "role_id"', "role_id"),
          formats.formed(/^[A-Za-z][A-Za-z0-9-]{0,99}$/, 'a header, such as "X-Role"', "X-Role"),
        )
        .default({}),
      {
        is: "Headers that the application gets beside `X-Forwarded-User`, `-Email` and `-Groups`, by the claim of the token.",
        left: "None.",
        changing: rerouted,
        accepts: 'an object of headers by claim, such as { role_id: "X-Role" }',
      },
    ),
    removeAuthorization: key(z.boolean().default(false), {
      is: "Whether `Authorization` is taken out before the application sees a request, for one that chokes on it.",
      changing: rerouted,
    }),
  });
}
