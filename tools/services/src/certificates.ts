import { generateKeyPairSync, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import forge from "node-forge";

const HOUR_MS = 3_600_000;
const VALID_DAYS = 7;
const STORE_PASSWORD = "store-secret";

/** A certificate with its private key (PKCS #8), both as PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

/** What a client of a TLS listener needs, as texts and as files. */
export interface ClientTls {
  /** The authority that signed the servers' and the client's certificates. */
  readonly ca: string;
  readonly client: Identity;
  readonly files: {
    readonly ca: string;
    readonly certificate: string;
    readonly key: string;
    /** PKCS #12 with the client's key, certificate and the authority's. */
    readonly keystore: string;
  };
  /** Opens `files.keystore`. */
  readonly storePassword: string;
}

/** A certificate authority of our own, with what it signed. */
export interface Certificates {
  readonly server: Identity;
  /** PKCS #12 file with the server's key, certificate and the authority's; `storePassword` opens it. */
  readonly serverKeystore: string;
  /** The server's, but it was valid until an hour ago. */
  readonly expired: Identity;
  readonly forClients: ClientTls;
}

/**
 * Makes an authority, a certificate for servers on 127.0.0.1 and localhost, and
 * one for a client (`CN=millrace-client`), and writes the key stores and the client's
 * files into `folder`.
 */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const authority = issue("Millrace test authority", undefined);
  const server = issue("localhost", authority);
  const expired = issue("localhost", authority, { from: -2 * HOUR_MS, to: -HOUR_MS });
  const client = issue("millrace-client", authority);
  const serverKeystore = join(folder, "server.p12");
  const files = {
    ca: join(folder, "ca.pem"),
    certificate: join(folder, "client.pem"),
    key: join(folder, "client.key"),
    keystore: join(folder, "client.p12"),
  };
  await writeFile(files.ca, toPem(authority).certificate);
  await writeFile(files.certificate, toPem(client).certificate);
  await writeFile(files.key, toPem(client).key, { mode: 0o600 });
  await writeFile(files.keystore, toPkcs12(client, authority), { mode: 0o600 });
  await writeFile(serverKeystore, toPkcs12(server, authority), { mode: 0o600 });
  return {
    server: toPem(server),
    serverKeystore,
    expired: toPem(expired),
    forClients: {
      ca: toPem(authority).certificate,
      client: toPem(client),
      files,
      storePassword: STORE_PASSWORD,
    },
  };
}

interface Issued {
  readonly certificate: forge.pki.Certificate;
  readonly key: forge.pki.rsa.PrivateKey;
  readonly keyPem: string;
}

/**
 * A certificate signed by `issuer`, or by itself: an authority.
 * @param valid milliseconds from now
 */
function issue(
  commonName: string,
  issuer: Issued | undefined,
  valid = { from: -HOUR_MS, to: VALID_DAYS * 24 * HOUR_MS },
): Issued {
  // Node makes the keys: node-forge's own RSA takes seconds.
  const pair = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const key = forge.pki.privateKeyFromPem(pair.privateKey);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(pair.publicKey);
  certificate.serialNumber = `01${randomBytes(8).toString("hex")}`; // never negative
  certificate.validity.notBefore = new Date(Date.now() + valid.from);
  certificate.validity.notAfter = new Date(Date.now() + valid.to);
  const subject = [{ name: "commonName", value: commonName }];
  certificate.setSubject(subject);
  certificate.setIssuer(issuer?.certificate.subject.attributes ?? subject);
  certificate.setExtensions(issuer === undefined ? AUTHORITY_EXTENSIONS : END_ENTITY_EXTENSIONS);
  certificate.sign(issuer?.key ?? key, forge.md.sha256.create());
  return { certificate, key, keyPem: pair.privateKey };
}

const AUTHORITY_EXTENSIONS = [
  { name: "basicConstraints", cA: true, critical: true },
  { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
];

const DNS = 2;
const IP = 7;
const END_ENTITY_EXTENSIONS = [
  { name: "keyUsage", digitalSignature: true, keyEncipherment: true },
  { name: "extKeyUsage", serverAuth: true, clientAuth: true },
  {
    name: "subjectAltName",
    altNames: [
      { type: DNS, value: "localhost" },
      { type: IP, ip: "127.0.0.1" },
    ],
  },
];

function toPem({ certificate, keyPem }: Issued): Identity {
  return {
    certificate: forge.pki.certificateToPem(certificate).replaceAll("\r\n", "\n"),
    key: keyPem,
  };
}

function toPkcs12(identity: Issued, authority: Issued): Buffer {
  const store = forge.pkcs12.toPkcs12Asn1(
    identity.key,
    [identity.certificate, authority.certificate],
    STORE_PASSWORD,
    { algorithm: "aes256", friendlyName: "client" },
  );
  return Buffer.from(forge.asn1.toDer(store).getBytes(), "latin1");
}
