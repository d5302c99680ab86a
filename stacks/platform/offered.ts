import type { CertificateRequest, Certificates } from "../../components/certificates/certificates.ts";
import type {
  AdministratorBinding,
  CertificateBinding,
  DatabaseBinding,
  Gateway,
  IdentityProvider,
  LogInput,
  LogsBinding,
  MongodbBinding,
} from "../../components/kit/bindings.ts";
import type { MetricsReader } from "../../components/kit/metrics.ts";
import type { TrustBinding } from "../../components/kit/trust.ts";
import type { DatabaseRequest } from "../../components/postgres/database.ts";
import type { Confluence } from "../../components/confluence/confluence.ts";
import type { Monitoring } from "../../components/monitoring/monitoring.ts";
import type { NfsServer } from "../../components/nfs/server.ts";
import type { Buckets } from "../../components/storage/bucket.ts";

/** Pods that read all data of a server. */
export interface BackupConsumer {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What the components of a stack offer to one another. An offer that is undefined: the stack has no such component. */
export interface Offered {
  /** What reads metrics. */
  readonly serviceMonitors?: MetricsReader;
  /** Prometheus with its operator, which accepts rules. */
  readonly monitoring?: Pick<Monitoring, "release">;
  /** The company's CA certificates. */
  readonly trust?: TrustBinding;
  /** The stack's issuers. */
  readonly certificates?: Certificates;
  readonly gateway?: Gateway;
  readonly identity?: IdentityProvider;
  readonly buckets?: Buckets;
  /** Confluence, which may have a PostgreSQL of its own. */
  readonly confluence?: Confluence;
  /** The stack's own NFS server. */
  readonly nfs?: NfsServer;
  /** An input of Graylog by its title. @throws RangeError where the stack has no such input */
  logInput(title: string): LogInput;
  /** Logs that others may show. */
  readonly logs?: LogsBinding;
  /** A database with its role. @throws RangeError where the stack has no PostgreSQL */
  database(request: DatabaseRequest): DatabaseBinding;
  /** PostgreSQL as its administrator; undefined: the stack has none. */
  administrator(consumer: BackupConsumer): AdministratorBinding | undefined;
  /** Graylog's database; undefined: the stack has none. */
  mongodb(consumer: BackupConsumer): MongodbBinding | undefined;
  /** The certificate of a host, the user's own or an issuer's. @throws RangeError where neither exists */
  certificate(request: CertificateRequest): CertificateBinding;
}
