/** Makes this process trust the tenant's servers. A process of its own is told by NODE_EXTRA_CA_CERTS instead. */
import tls from 'node:tls';
import { type Certificates, createCertificates } from './tls.ts';

let trusted: Promise<Certificates> | undefined;

/** One set of certificates per test file, trusted by fetch, node:https and whatever uses them. */
export function trustedCertificates(): Promise<Certificates> {
  trusted ??= createCertificates().then((certificates) => {
    tls.setDefaultCACertificates([...tls.getCACertificates('bundled'), certificates.ca]);
    return certificates;
  });
  return trusted;
}
