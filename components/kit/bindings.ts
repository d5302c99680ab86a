import type { Input, Output, Resource } from "@pulumi/pulumi";
import type { DatabaseTls } from "./database-tls.ts";
import type { Access, Peer } from "./ledger.ts";
import type { PodService } from "./pods.ts";
import type { Bytes, Duration } from "./quantities.ts";
import type { RoleAgent } from "./role-agent.ts";
import type { Keyed, SecretKey } from "./secret.ts";

/** Access to one database on the platform's PostgreSQL. */
export interface DatabaseBinding {
  /** DNS name or address of the server or its pooler. */
  readonly host: Input<string>;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  /** The password, in the consumer's own namespace. */
  readonly password: SecretKey;
  /** How clients encrypt their connections. Default: they do not. */
  readonly tls?: DatabaseTls;
  /** What must exist before a consumer starts: the role with its current password, and the database. */
  readonly ready: Resource;
}

/** Access to a PostgreSQL server as its administrator, for backups. */
export interface AdministratorBinding {
  readonly host: string;
  readonly port: number;
  /** The database to connect to first. */
  readonly database: string;
  /** Name and password, in the consumer's own namespace. */
  readonly user: SecretKey;
  readonly password: SecretKey;
  /** How clients encrypt their connections. Default: TLS if the server offers it. */
  readonly tls?: DatabaseTls | "disable";
  /** An image with the client programs and the server of the servers' major version. */
  readonly image: string;
}

/** Access to one database on MongoDB. */
export interface MongodbBinding {
  readonly database: string;
  /** The connection string with the password, in the consumer's own namespace. */
  readonly uri: SecretKey;
}

/** A TLS certificate, in a Secret of type `kubernetes.io/tls` in the consumer's own namespace. */
export interface CertificateBinding {
  readonly host: string;
  readonly secretName: string;
  readonly ready: Resource;
}

/** A client of the identity provider: users with its role can log in. */
export interface OidcClient {
  readonly clientId: string;
  /** The client's secret, in the consumer's own namespace; undefined for a public client. */
  readonly clientSecret?: SecretKey;
  /** The same as a secret value, for configuration files that contain it and are stored in a Secret. */
  readonly clientSecretValue?: Output<string>;
  /** Realm of the identity provider. */
  readonly realm: string;
  /** The issuer that tokens name: `https://HOST/realms/REALM`. */
  readonly issuer: string;
  /** Endpoint for browsers, at the public host. */
  readonly authorizationUrl: string;
  readonly logoutUrl: string;
  readonly discoveryUrl: string;
  /** Endpoints for programs, at the public host. */
  readonly tokenUrl: string;
  readonly userInfoUrl: string;
  readonly introspectionUrl: string;
  readonly jwksUrl: string;
  /** The same five endpoints for programs inside the cluster, not through the gateway. */
  readonly inCluster: {
    readonly discoveryUrl: string;
    readonly tokenUrl: string;
    readonly userInfoUrl: string;
    readonly introspectionUrl: string;
    readonly jwksUrl: string;
    /** The pods that answer there, and their port, for programs that ask in place of the client. Default: none. */
    readonly server?: { readonly peer: Peer; readonly port: number };
  };
  /** The client role that users need to log in: `NAME_role`; undefined: every user of the realm may log in. */
  readonly role?: string;
  /** The claim of tokens that lists a user's groups. The claim `roles` lists the user's roles of this client. */
  readonly groupsClaim: string;
  /** What must exist before a consumer starts: the client with its current secret. */
  readonly ready: Resource;
}

/** A request for a client of the identity provider. */
export interface OidcClientRequest {
  /** The client's id, and the first part of its role's name: letters, digits and `-`. */
  readonly name: string;
  /** Who uses it: its namespace gets the Secret `NAME-oidc`; pods with the labels may call the provider. */
  readonly consumer: { readonly namespace: string; readonly labels?: Readonly<Record<string, string>> };
  /**
   * `confidential` (default): a server with a secret; `public`: a browser or command line with PKCE and no secret;
   * `api`: introspects tokens, has no login; `service`: logs in as itself.
   */
  readonly kind?: "confidential" | "public" | "api" | "service";
  /** Exact redirect URIs after a login, such as `https://grafana.example.org/login/generic_oauth`. */
  readonly redirectUris?: readonly string[];
  /** Exact redirect URIs after a logout. Default: the root of each host of `redirectUris`. */
  readonly logoutUris?: readonly string[];
  /** Realm roles that include the client's role, such as `admin`. Default: none, the role is assigned explicitly. */
  readonly realmRoles?: readonly string[];
  /** Whether users need no role of the client: every user of the realm may log in, and an API accepts tokens of every user. Default: false. */
  readonly everyone?: boolean;
  /** Additional roles of the client. */
  readonly roles?: readonly string[];
  /**
   * Where the user's groups are: `tokens` (default), or `userinfo`, the endpoint alone, for a login that keeps its tokens in cookies:
   * two tokens with many groups exceed what gateways accept as a request's headers.
   */
  readonly groupsIn?: "tokens" | "userinfo";
  /**
   * The alias of an authentication flow in the realm that decides who may log in. Default: the platform's, which requires the role; with
   * `everyone`, the realm's browser flow.
   */
  readonly flow?: string;
  /** The name of the user's secret with the client secret. Default: it is generated. */
  readonly clientSecretSecret?: string;
  /** Roles of `realm-management` for its service account, such as `view-users`. Default: none. */
  readonly serviceRoles?: readonly string[];
}

/** The interface of the identity provider with which components request clients. */
export interface IdentityProvider {
  client(request: OidcClientRequest): OidcClient;
}

/** A login in front of an application. */
export interface Login {
  readonly client: OidcClient;
  /** Paths that accept bearer tokens and do not redirect to the login. Default: none. */
  readonly apiPaths?: readonly string[];
  /** Groups of which a user must have one. Default: all users with the client's role. */
  readonly groups?: readonly string[];
  /**
   * Additional headers for the application by claim, besides `X-Forwarded-User`, `-Email` and `-Groups`: `{ role_id: "X-Role" }` sends
   * the claim `role_id` as `X-Role`.
   */
  readonly claims?: Readonly<Record<string, string>>;
  /** Whether the header `Authorization` is removed from requests to the application. Default: false. */
  readonly removeAuthorization?: boolean;
}

/** A host with a route to a Service. */
export interface ExposureRequest {
  /** `NAME` for NAME.DOMAIN, or a full host name. */
  readonly host: string;
  /** The purpose of the host, for the access page. */
  readonly purpose: string;
  /** Path prefixes; default `/`. */
  readonly paths?: readonly string[];
  readonly service: PodService;
  /** Default: the application has its own login, or none. */
  readonly login?: Login;
  /** Whether all paths accept only bearer tokens. Default: false. */
  readonly apiOnly?: boolean;
  /** Session affinity: true, or the name of the cookie. Default: false. */
  readonly sticky?: boolean | { readonly cookie: string };
  /** Largest request body, such as `100Mi`; default the gateway's own. */
  readonly maxBodySize?: Bytes;
  /** Whether `maxBodySize` only raises a lower default: a gateway that would buffer responses for it sets no limit. Default: false. */
  readonly streams?: boolean;
  /** Timeout for a connection, and for sending and receiving. Default: the gateway's, usually 60s. */
  readonly timeout?: Duration;
  /**
   * Maximum concurrent requests for this host in each pod of the gateway; others get 429. Default: unlimited. Only Traefik supports it:
   * Kong's open-source plugins limit rates, and nginx limits per client.
   */
  readonly maxInFlight?: number;
  /** Issuer of the certificate; default the settings' `certificates.issuer`. */
  readonly issuer?: string;
  /** Address ranges (CIDR) of clients that may connect. Default: any. */
  readonly allowFrom?: readonly string[];
  /** Who has access and how, for the access page, if the application has its own login. Default: derived from `login`. */
  readonly access?: Access;
}

/** The result of an exposure: the public URL. */
export interface Exposure {
  /** The full host name. */
  readonly host: string;
  /** `https://HOST`, without a slash at the end. */
  readonly url: string;
  readonly ready: Resource;
}

/** The interface of the gateway with which components request hosts, independent of its kind. */
export interface Gateway {
  expose(request: ExposureRequest): Exposure;
  /** The exact redirect URI of a login in front of a host. */
  loginRedirectUri(host: string): string;
  /** Where its logins read the user's groups. Default: in tokens. */
  readonly loginGroups?: OidcClientRequest["groupsIn"];
  /** The gateway's pods, for policies of those that trust its headers. */
  readonly peer: Peer;
  /** The port of its pods for TLS, for policies of pods that call a public host; default 8443. */
  readonly tlsPort?: number;
}

/** How a consumer authenticates with an object store. */
export type BucketAccess =
  /** By keys, in the consumer's own namespace. */
  | { readonly kind: "keys"; readonly accessKey: SecretKey; readonly secretKey: SecretKey }
  /** By a role: the annotations of a service account by which the cloud knows its pods. */
  | {
      readonly kind: "role";
      readonly annotations: Readonly<Record<string, string>>;
      /** What gives it out on each node. Default: the cloud's own API does, for the token of the service account. */
      readonly agent?: RoleAgent;
    };

/** The annotations of the service account of pods that come to a bucket. */
export function accountAnnotations(access: BucketAccess): Record<string, string> {
  return access.kind === "role" ? { ...access.annotations } : {};
}

/** The Secret with the keys of a bucket; undefined with a role. */
export function bucketSecrets(access: BucketAccess): Keyed[] {
  return access.kind === "keys" ? [...new Set([access.accessKey.secret, access.secretKey.secret])] : [];
}

/** Whether an endpoint is Amazon's own for a region: other stores refuse some of what programs for S3 send. */
export function isAmazonEndpoint(endpoint: string): boolean {
  return /^https:\/\/s3\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/.test(endpoint);
}

/** A bucket of an S3-compatible object store. */
export interface Bucket {
  /** `https://HOST[:PORT]` or `http://` inside the cluster. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Whether the bucket is in the path of the URL instead of the host name. */
  readonly pathStyle: boolean;
  readonly access: BucketAccess;
  readonly ready: Resource;
}

/** A folder that several pods may write at the same time: an export of an NFS server. */
export interface SharedFolder {
  /** A host name or IP address that nodes resolve: they mount the folder, not the pods. */
  readonly server: string;
  /** Absolute path of the export. */
  readonly path: string;
  /** Options for mount.nfs, such as `nfsvers=4.2`. Default: those of the node. */
  readonly mountOptions?: readonly string[];
}

/** An input that receives the logs of applications. */
export interface LogInput {
  /** The host name of its Service. */
  readonly host: string;
  readonly port: number;
  readonly protocol: "TCP" | "UDP";
  /** The pods behind it, which listen at the same port. */
  readonly peer: Peer;
}

/** Read access to the logs in a search cluster. */
export interface LogsBinding {
  /** `https://HOST:PORT`. */
  readonly url: string;
  /** The OpenSearch version, such as `3.6.0`. */
  readonly version: string;
  readonly username: string;
  /** The password, in the consumer's own namespace. */
  readonly password: SecretKey;
  /** A ConfigMap of the consumer's own namespace with `ca.crt`: the CA of its certificate. */
  readonly authority: Keyed;
  /** The readable indices: patterns of index names, by display name. */
  readonly indexSets: readonly { readonly title: string; readonly prefix: string; readonly pattern: string }[];
  /** The field with a message's time. */
  readonly timeField: string;
  /** What must exist before a consumer connects: the user with its current password. */
  readonly ready: Resource;
}
