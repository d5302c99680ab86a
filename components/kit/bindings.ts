import type { Input, Output, Resource } from "@pulumi/pulumi";
import type { Access, Peer } from "./ledger.ts";
import type { PodService } from "./pods.ts";
import type { Bytes, Duration } from "./quantities.ts";
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
  /** What must exist before a consumer starts: the role with its present password and the database. */
  readonly ready: Resource;
}

/** A TLS certificate, in a Secret of type `kubernetes.io/tls` in the consumer's own namespace. */
export interface CertificateBinding {
  readonly host: string;
  readonly secretName: string;
  readonly ready: Resource;
}

/** A client of the identity provider: who has its role logs in through it. */
export interface OidcClient {
  readonly clientId: string;
  /** The client's secret, in the consumer's own namespace; undefined for a public client. */
  readonly clientSecret?: SecretKey;
  /** The same as a secret value, for configuration that holds it among other things and stands in a Secret itself. */
  readonly clientSecretValue?: Output<string>;
  /** Realm of the identity provider. */
  readonly realm: string;
  /** The issuer that tokens name: `https://HOST/realms/REALM`. */
  readonly issuer: string;
  /** Where browsers are sent, at the public host. */
  readonly authorizationUrl: string;
  readonly logoutUrl: string;
  readonly discoveryUrl: string;
  /** Where programs ask, at the public host. */
  readonly tokenUrl: string;
  readonly userInfoUrl: string;
  readonly introspectionUrl: string;
  readonly jwksUrl: string;
  /** The same five for programs inside the cluster, without going through the gateway. */
  readonly inCluster: {
    readonly discoveryUrl: string;
    readonly tokenUrl: string;
    readonly userInfoUrl: string;
    readonly introspectionUrl: string;
    readonly jwksUrl: string;
    /** The pods that answer there, and their port, for others that ask in the client's place; undefined: nobody does. */
    readonly server?: { readonly peer: Peer; readonly port: number };
  };
  /** The client role without which nobody logs in: `NAME_role`. */
  readonly role: string;
  /** The claim of tokens that lists a user's groups. The claim `roles` lists the user's roles of this client. */
  readonly groupsClaim: string;
  /** What must exist before a consumer starts: the client with its present secret. */
  readonly ready: Resource;
}

/** What a program asks the identity provider for. */
export interface OidcClientRequest {
  /** The client's id, and the first part of its role's name: letters, digits and `-`. */
  readonly name: string;
  /** Who uses it: its namespace gets the Secret `NAME-oidc`; pods with the labels may call the provider. */
  readonly consumer: { readonly namespace: string; readonly labels?: Readonly<Record<string, string>> };
  /**
   * `confidential` (default): a server with a secret; `public`: a browser or command line with PKCE and no secret;
   * `api`: introspects tokens, logs nobody in; `service`: logs in as itself.
   */
  readonly kind?: "confidential" | "public" | "api" | "service";
  /** Exact URIs to which a login returns, such as `https://grafana.example.org/login/generic_oauth`. */
  readonly redirectUris?: readonly string[];
  /** Exact URIs to which a logout returns; default the root of each host of `redirectUris`. */
  readonly logoutUris?: readonly string[];
  /** Users' roles at the realm that get the client's role along, such as `admin`; default: only those given the role. */
  readonly realmRoles?: readonly string[];
  /** Further roles of the client, beside `NAME_role`. */
  readonly roles?: readonly string[];
  /** What its service account may do with the realm, by roles of `realm-management` such as `view-users`; default nothing. */
  readonly serviceRoles?: readonly string[];
}

/** The identity provider, as components ask it for clients. */
export interface IdentityProvider {
  client(request: OidcClientRequest): OidcClient;
}

/** A login that stands in front of an application. */
export interface Login {
  readonly client: OidcClient;
  /** Paths on which a bearer token is accepted and no browser is sent to log in; default none. */
  readonly apiPaths?: readonly string[];
  /** Groups of which a user needs one; default: whoever has the client's role. */
  readonly groups?: readonly string[];
  /**
   * Header by claim that the application is given beside `X-Forwarded-User`, `-Email` and `-Groups`: `{ role_id: "X-Role" }`
   * puts the claim `role_id` into `X-Role`.
   */
  readonly claims?: Readonly<Record<string, string>>;
  /** Whether `Authorization` is removed before the application sees the request; default false. */
  readonly removeAuthorization?: boolean;
}

/** A host that leads to a Service. */
export interface ExposureRequest {
  /** `NAME` for NAME.DOMAIN, or a full host name. */
  readonly host: string;
  /** What people find there, as the access page says it. */
  readonly purpose: string;
  /** Path prefixes; default `/`. */
  readonly paths?: readonly string[];
  readonly service: PodService;
  /** Default: the application asks for a login itself, or for none. */
  readonly login?: Login;
  /** Whether only bearer tokens enter, on every path; default false. */
  readonly apiOnly?: boolean;
  /** Whether a browser stays with the pod that answered it first; default false. A name sets the cookie's. */
  readonly sticky?: boolean | { readonly cookie: string };
  /** Largest request body, such as `100Mi`; default the gateway's own. */
  readonly maxBodySize?: Bytes;
  /** Longest wait for a connection, and for an answer to begin or go on; default the gateway's own, mostly 60s. */
  readonly timeout?: Duration;
  /**
   * Requests that each pod of the gateway has under way at the same time for this host at most, the rest getting 429; default
   * any number. Traefik alone counts them: Kong's open plugins count over time, and nginx counts per client.
   */
  readonly maxInFlight?: number;
  /** Issuer of the certificate; default the settings' `certificates.issuer`. */
  readonly issuer?: string;
  /** Address ranges (CIDR) from which the host answers; default any. */
  readonly allowFrom?: readonly string[];
  /** Who may enter and how, for the access page, where the application asks itself; default from `login`. */
  readonly access?: Access;
}

/** What an exposure gives: where browsers go. */
export interface Exposure {
  /** The full host name. */
  readonly host: string;
  /** `https://HOST`, without a slash at the end. */
  readonly url: string;
  readonly ready: Resource;
}

/** The gateway, as components ask it for hosts: the caller cannot tell which kind it is. */
export interface Gateway {
  expose(request: ExposureRequest): Exposure;
  /** Where a login in front of a host returns to: an exact redirect URI of its client. */
  loginRedirectUri(host: string): string;
  /** The gateway's pods, for policies of those that trust its headers. */
  readonly peer: Peer;
  /** The port of its pods for TLS, for policies of pods that call a public host; default 8443. */
  readonly tlsPort?: number;
}

/** How a consumer is known to an object store. */
export type BucketAccess =
  /** By keys, in the consumer's own namespace. */
  | { readonly kind: "keys"; readonly accessKey: SecretKey; readonly secretKey: SecretKey }
  /** By a role: the annotations of a service account by which the cloud knows its pods. */
  | { readonly kind: "role"; readonly annotations: Readonly<Record<string, string>> };

/** The annotations of the service account of pods that come to a bucket. */
export function accountAnnotations(access: BucketAccess): Record<string, string> {
  return access.kind === "role" ? { ...access.annotations } : {};
}

/** The Secret with the keys of a bucket; none where a role is taken. */
export function bucketSecrets(access: BucketAccess): Keyed[] {
  return access.kind === "keys" ? [...new Set([access.accessKey.secret, access.secretKey.secret])] : [];
}

/** A bucket of an S3-compatible object store. */
export interface Bucket {
  /** `https://HOST[:PORT]` or `http://` inside the cluster. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Whether the bucket is a path of the endpoint instead of a host name before it. */
  readonly pathStyle: boolean;
  readonly access: BucketAccess;
  readonly ready: Resource;
}

/** A folder that several pods may write at the same time: an export of an NFS server. */
export interface SharedFolder {
  readonly server: string;
  /** Absolute path of the export. */
  readonly path: string;
}

/** Read access to logs, as they stand in a search cluster. */
export interface LogsBinding {
  /** `https://HOST:PORT`. */
  readonly url: string;
  /** The version of the OpenSearch that answers there, such as `3.6.0`. */
  readonly version: string;
  readonly username: string;
  /** The password, in the consumer's own namespace. */
  readonly password: SecretKey;
  /** A ConfigMap of the consumer's own namespace with `ca.crt`: the CA of its certificate. */
  readonly authority: Keyed;
  /** What may be read, by what people call it: patterns of names of indices. */
  readonly indexSets: readonly { readonly title: string; readonly prefix: string; readonly pattern: string }[];
  /** The field with a message's time. */
  readonly timeField: string;
  /** What must exist before a consumer asks: the user with its present password. */
  readonly ready: Resource;
}
