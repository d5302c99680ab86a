import { parseBytes } from "../kit/quantities.ts";
import type { Bytes } from "../kit/quantities.ts";

/** Numbers of uWSGI (uwsgi-docs.readthedocs.io, "uWSGI Options"). */
export interface Uwsgi {
  readonly processes: number;
  /** `buffer-size`: the largest request without its body, in bytes. uWSGI's own default is 4096. */
  readonly bufferSize: number;
  /** The port at which it shows its workers to programs of the same pod. */
  readonly stats: number;
}

/** The port at which uWSGI serves nginx of the same pod. */
const socket = 3031;

/** `uwsgi.ini` of MapProxy. */
export function uwsgiIni({ bufferSize, processes, stats }: Uwsgi): string {
  return [
    "[uwsgi]",
    "master = true",
    `socket = 127.0.0.1:${socket}`,
    "chdir = /mapproxy",
    "wsgi-file = /mapproxy/app.py",
    `processes = ${processes}`,
    `buffer-size = ${bufferSize}`,
    `stats = 127.0.0.1:${stats}`,
    "pidfile = /tmp/map.pid",
    "die-on-term = true",
    "",
  ].join("\n");
}

/** `nginx.conf` of the side-car, which passes requests to uWSGI. Only /tmp can be written to. */
export function nginxConf(port: number, maxBodySize: Bytes, { bufferSize }: Pick<Uwsgi, "bufferSize">): string {
  return `pid /tmp/nginx.pid;
error_log /dev/stderr;
events {}
http {
  access_log /dev/stdout;
  client_body_temp_path /tmp/body;
  fastcgi_temp_path /tmp/fastcgi;
  proxy_temp_path /tmp/proxy;
  scgi_temp_path /tmp/scgi;
  uwsgi_temp_path /tmp/uwsgi;
  client_max_body_size ${nginxSize(parseBytes(maxBodySize))};
  large_client_header_buffers 4 ${nginxSize(bufferSize)};
  server {
    listen ${port};
    location = /healthz { access_log off; return 204; }
    location / {
      # Without REQUEST_URI, which would send a long request to uwsgi twice, beyond its buffer.
      uwsgi_param QUERY_STRING $query_string;
      uwsgi_param REQUEST_METHOD $request_method;
      uwsgi_param CONTENT_TYPE $content_type;
      uwsgi_param CONTENT_LENGTH $content_length;
      uwsgi_param PATH_INFO $document_uri;
      uwsgi_param SERVER_PROTOCOL $server_protocol;
      uwsgi_param REQUEST_SCHEME $http_x_forwarded_proto;
      uwsgi_param REMOTE_ADDR $remote_addr;
      uwsgi_param SERVER_NAME $host;
      uwsgi_param SERVER_PORT $server_port;
      uwsgi_pass 127.0.0.1:${socket};
    }
  }
}
`;
}

/** A size as nginx writes it: in bytes, or with `k` or `M` where that is exact (nginx.org, "Configuration file measurement units"). */
function nginxSize(bytes: number): string {
  if (bytes % 2 ** 20 === 0) return `${bytes / 2 ** 20}M`;
  return bytes % 2 ** 10 === 0 ? `${bytes / 2 ** 10}k` : String(bytes);
}
