import { z } from "zod";
import { defaultGatewayKind, gatewayKinds } from "../../../components/gateway/kinds.ts";
import type { GatewayKind } from "../../../components/gateway/kinds.ts";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";

const moves = "Every host moves to the other gateway. Update DNS with its address.";
const rerouted = "Changes the host's route at once.";

/** The gateway in front of every host. */
export function gatewaySection(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  return {
    gateway: key(
      z
        .strictObject({
          enabled: key(z.boolean().default(false), {
            is: "Whether the stack has a gateway. Without it, no host is reachable.",
            changing: "Turning it off deletes every route, and the gateway with its address.",
          }),
          kind: key(z.enum(Object.keys(gatewayKinds) as GatewayKind[]).default(defaultGatewayKind), {
            is: "The gateway: Kong with a database, Traefik, or an existing ingress-nginx in the cluster.",
            changing: moves,
          }),
          namespace: key(formats.name().default("gateway"), {
            is: "The gateway's namespace.",
            changing: moves,
          }),
          ingressClass: key(formats.name().optional(), {
            is: "The ingress class of its Ingress objects, for `kind: nginx`.",
            unset: "The class has the name of the kind. With Kong and Traefik, this cannot be changed.",
            changing: moves,
          }),
          controllerNamespace: key(formats.name().default("ingress-nginx"), {
            is: "The namespace of the nginx controller's pods, for `kind: nginx`.",
            changing: "Changes network policies only.",
          }),
          workload: key(z.enum(["deployment", "daemonSet"]).default("deployment"), {
            is: "How its pods run: a number of replicas (`deployment`), or one pod on each node (`daemonSet`).",
            changing: "Recreates the pods. Connections are closed once.",
          }),
          replicas: key(z.number().int().min(1).max(20).default(sized(2, 1)), {
            is: "Number of pods, for `workload: deployment`.",
            unit: "pods",
            changing: "Connections through a removed pod are closed once.",
          }),
          maxReplicas: key(z.number().int().min(2).max(50).optional(), {
            is: "Maximum number of pods. A HorizontalPodAutoscaler adds pods when they use more than 75 % of the requested CPU.",
            unit: "pods",
            unset: "The gateway is not scaled.",
            changing: "No effect on running pods.",
          }),
          resources: key(
            formats.resources(
              sized(
                { cpu: "250m", memory: "768Mi", memoryLimit: "1536Mi" },
                { cpu: "50m", memory: "512Mi", memoryLimit: "1Gi" },
              ),
              "gateway",
            ),
            { is: "Requests and limits of each pod.", changing: "Restarts the pods one after another." },
          ),
          service: key(service(profile).prefault({}), {
            is: "The Service that clients outside the cluster connect to.",
          }),
          trustedProxies: key(z.array(formats.cidr()).default([]), {
            is: "Address ranges of proxies in front of the gateway. Their `X-Forwarded-For` header, or the PROXY protocol, determines the client address.",
            unit: "CIDR",
            unset: "The client address is that of the connection.",
            changing: "Restarts the pods one after another. With too wide a range, clients can claim any address.",
            accepts: 'a list of address ranges, such as ["10.0.0.0/16"]',
          }),
          hsts: key(formats.duration().default(sized("365d", "1d")), {
            is: "How long browsers refuse plain HTTP for a host after a visit (`Strict-Transport-Security`).",
            changing: "Browsers keep the last value that they received until it expires.",
          }),
          defaultHost: key(formats.plainHost().optional(), {
            is: "The host whose certificate is served for unknown host names, for `kind: traefik`.",
            unset: "Traefik generates a certificate, which browsers reject.",
            changing: "No effect on running pods.",
          }),
          dashboardHost: key(formats.plainHost().optional(), {
            is: "The host of Traefik's dashboard, behind a login, for `kind: traefik`: `NAME` for NAME.DOMAIN, or a full host name.",
            unset: "The dashboard is off.",
            changing: "Adding or removing it restarts the pods one after another.",
          }),
          login: key(login(profile).prefault({}), {
            is: "The login in front of applications without a login of their own.",
          }),
          hosts: key(z.array(exposedHost()).default([]), {
            is: "Hosts of your own applications. Components of the platform create their own.",
            changing: "Removing one deletes its route and certificate.",
            accepts: "a list of hosts",
          }),
        })
        .prefault({}),
      { is: "The gateway in front of every host." },
    ),
  };
}

function service(profile: Profile) {
  const type = byProfile<"LoadBalancer" | "NodePort">(profile, { prod: "LoadBalancer", dev: "NodePort" });
  return z.strictObject({
    type: key(z.enum(["LoadBalancer", "NodePort"]).default(type), {
      is: "How clients outside the cluster connect: to an address that the cluster assigns, or to a port of every node.",
      changing: "Creates another address. Update DNS with it.",
    }),
    httpNodePort: key(formats.nodePort().optional(), {
      is: "The node port for HTTP.",
      unit: "TCP port",
      unset: "The cluster assigns one.",
      changing: "Clients must use the other port.",
    }),
    httpsNodePort: key(formats.nodePort().optional(), {
      is: "The node port for HTTPS.",
      unit: "TCP port",
      unset: "The cluster assigns one.",
      changing: "Clients must use the other port.",
    }),
    proxyProtocol: key(z.boolean().default(false), {
      is: "Whether the load balancer in front of the gateway speaks PROXY protocol, with Kong and Traefik. Its annotation belongs to `annotations`, and its addresses to `trustedProxies`. Kong then refuses all other connections, such as those of pods to its address.",
      changing: "Restarts the pods one after another. Until the load balancer agrees, every connection fails.",
    }),
    annotations: key(z.record(formats.labelKey(), formats.plainText(1000, "nlb")).default({}), {
      is: "Annotations that configure the cloud's load balancer.",
      changing: "The cloud may create another load balancer with another address.",
      accepts: "an object of annotations; values must be strings",
    }),
  });
}

function login(profile: Profile) {
  return z.strictObject({
    method: key(z.enum(["proxy", "plugin"]).optional(), {
      is: "How users log in at the gateway: with an oauth2-proxy for the application, or with Kong's plugin `oidc`.",
      unset: "The method is `plugin` if `pluginImage` is set, and `proxy` otherwise.",
      changing: "All users must log in again.",
    }),
    pluginImage: key(formats.image().optional(), {
      is: "A Kong image with the plugin `oidc`, as built by images/kong-oidc.",
      unset: "The stock image is used, which does not have the plugin.",
      changing: "Restarts Kong's pods one after another.",
    }),
    replicas: key(
      z
        .number()
        .int()
        .min(1)
        .max(9)
        .default(byProfile(profile, { prod: 2, dev: 1 })),
      {
        is: "Number of oauth2-proxy pods for each application.",
        unit: "pods",
        changing: "Sessions are kept, because they are stored in cookies.",
      },
    ),
  });
}

function exposedHost() {
  return z.strictObject({
    host: key(formats.plainHost(), {
      is: "`NAME` for NAME.DOMAIN, or a full host name.",
      changing: "Creates a route and a certificate for the other host.",
    }),
    purpose: key(formats.plainText(200, "the team's wiki").default("an application of your own"), {
      is: "The purpose of the host, for lists of hosts.",
      changing: "No effect on running pods.",
    }),
    namespace: key(formats.name(), {
      is: "The application's namespace.",
      changing: rerouted,
    }),
    service: key(formats.name(), { is: "The application's Service.", changing: rerouted }),
    port: key(formats.port().default(80), { is: "The Service's port.", unit: "TCP port", changing: rerouted }),
    targetPort: key(formats.port().optional(), {
      is: "The pods' port, for network policies.",
      unit: "TCP port",
      unset: "The value of `port` is used.",
      changing: rerouted,
    }),
    labels: key(z.record(formats.labelKey(), formats.labelValue()).default({}), {
      is: "Labels of the application's pods, to which the gateway may connect.",
      unset: "The gateway may connect to every pod of the namespace. With Kong, `sticky` and `timeout` require labels.",
      changing: rerouted,
      accepts: "an object of labels; values must be strings",
    }),
    ...routeKeys(),
  });
}

/** How a host leads to its application, whichever list it is in. */
export function routeKeys() {
  return {
    paths: key(z.array(formats.absolutePath()).min(1).default(["/"]), {
      is: "Path prefixes that are routed to the application.",
      changing: rerouted,
      accepts: 'a list of paths, such as ["/"]',
    }),
    sticky: key(z.boolean().default(false), {
      is: "Whether a browser's requests all go to the same pod (session affinity).",
      changing: rerouted,
    }),
    maxBodySize: key(formats.bytes().optional(), {
      is: "Maximum size of a request body. Traefik buffers to limit it: it sends a response when it is complete, so that events and exports do not stream.",
      unset: "The gateway's default applies: no limit for Kong and Traefik, 1 MiB for nginx.",
      changing: rerouted,
    }),
    maxInFlight: key(z.number().int().min(1).max(100_000).optional(), {
      is: "Maximum number of concurrent requests to this host per pod of the gateway, for `kind: traefik`.",
      unit: "requests",
      unset: "The number of requests is not limited.",
      changing: rerouted,
    }),
    timeout: key(formats.duration().optional(), {
      is: "Maximum time to wait for the application.",
      unset: "The gateway's default applies, usually one minute.",
      changing: rerouted,
    }),
    allowFrom: key(z.array(formats.cidr()).default([]), {
      is: "Address ranges of clients that may access the host. With `service.type: NodePort`, they need `trustedProxies`, because the gateway sees the address of a node.",
      unit: "CIDR",
      unset: "Every client may access it.",
      changing: rerouted,
      accepts: 'a list of address ranges, such as ["10.0.0.0/16"]',
    }),
    issuer: key(formats.name().optional(), {
      is: "The issuer of the certificate: the name of one of `certificates.issuers`.",
      unset: "The value of `certificates.issuer` is used.",
      changing: "Issues a certificate from the other issuer at once.",
    }),
    login: key(hostLogin().optional(), {
      is: "The login in front of the application, for users of the platform's Keycloak.",
      unset: "The gateway requires no login.",
      changing: "Removing it gives everyone access to the application.",
    }),
    apiOnly: key(z.boolean().default(false), {
      is: "Whether only API clients with a bearer token have access. Requires `login`.",
      changing: rerouted,
    }),
  };
}

function hostLogin() {
  return z.strictObject({
    client: key(formats.name().optional(), {
      is: "The client's name in the realm. Users with its role `NAME_role` have access. A client of `keycloak.clients` can be used for several hosts of its namespace.",
      unset: "The first label of `host` is used.",
      changing: "Creates a new client with a new role and secret. Users need the new role.",
    }),
    realmRoles: key(z.array(formats.name()).default([]), {
      is: "Realm roles whose users also get the client's role.",
      unset: "Only users with the client's role, directly or through a group, have access.",
      changing: "Changes who has access, from the next login of each user.",
      accepts: 'a list of roles, such as ["user"]',
    }),
    groups: key(z.array(formats.plainText(100, "editors")).default([]), {
      is: "Groups that have access. A user must be in one of them, and must have the role.",
      unset: "Every user with the role has access.",
      changing: "Changes who has access, from the next login of each user.",
      accepts: 'a list of groups, such as ["editors"]',
    }),
    apiPaths: key(z.array(formats.absolutePath()).default([]), {
      is: "Path prefixes for API clients: a bearer token gives access, and requests without one are not redirected to the login.",
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
        is: "Additional headers for the application, each filled from a claim of the token. `X-Forwarded-User`, `-Email` and `-Groups` are always sent.",
        changing: rerouted,
        accepts: 'an object of headers by claim, such as { role_id: "X-Role" }',
      },
    ),
    removeAuthorization: key(z.boolean().default(false), {
      is: "Whether the header `Authorization` is removed from requests to the application, for applications that cannot handle it.",
      changing: rerouted,
    }),
  });
}
