/**
 * Where tokens may go: to hosts of Microsoft's, and to this machine itself, where tests have theirs. A setting that
 * names another host is refused before anything is sent. It is not enough that each service gets a token of its own:
 * by its challenge a host that says to be storage is given a token for whatever it asks for (core-client,
 * authorizeRequestOnTenantChallenge), and a connection string may name the audience of its token itself.
 */

/**
 * One that begins with a dot stands for all hosts under it. From "Microsoft Graph national cloud deployments", "Exchange
 * Online PowerShell" (its environments), "Storage account overview" (standard and DNS zone endpoints, national clouds),
 * and the exporter of Azure Monitor (ALLOWED_REDIRECT_DOMAIN_SUFFIX_GROUPS) with "Connection strings in Application
 * Insights".
 */
const HOSTS = {
  graph: [
    'graph.microsoft.com',
    'graph.microsoft.us',
    'dod-graph.microsoft.us',
    'microsoftgraph.chinacloudapi.cn',
  ],
  exchange: ['outlook.office365.com', 'outlook.office365.us', 'webmail.apps.mil', 'partner.outlook.cn'],
  storage: [
    '.blob.core.windows.net',
    '.blob.storage.azure.net',
    '.blob.core.usgovcloudapi.net',
    '.blob.core.chinacloudapi.cn',
  ],
  telemetry: [
    '.applicationinsights.azure.com',
    '.services.visualstudio.com',
    '.monitor.azure.com',
    '.applicationinsights.us',
    '.applicationinsights.azure.us',
    '.monitor.azure.us',
    '.applicationinsights.azure.cn',
    '.monitor.azure.cn',
  ],
  audience: ['monitor.azure.com', 'monitor.azure.us', 'monitor.azure.cn'],
} as const;

export type Service = keyof typeof HOSTS;

const THIS_MACHINE = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Does this URL lead to the service, or to this machine? */
export function leadsTo(service: Service, url: string): boolean {
  const place = URL.parse(url);
  if (place === null) return false;
  const { hostname, port } = place;
  if (THIS_MACHINE.test(hostname)) return true;
  const isOne = (host: string) => (host.startsWith('.') ? hostname.endsWith(host) : hostname === host);
  return port === '' && HOSTS[service].some(isOne);
}

/** For people. */
export const hostsOf = (service: Service) =>
  HOSTS[service].map((host) => `https://${host.replace(/^\./, '*.')}`).join(', ');

/**
 * Does a connection string of Application Insights lead there with everything that it names, and with a token for it?
 * Read as the SDK does: keys in any case; endpoints, or made of a suffix and a location.
 */
export function telemetryStays(connectionString: string): boolean {
  const fields = connectionString
    .split(';')
    .map((field) => {
      const [key = '', ...value] = field.split('=');
      return { key: key.trim().toLowerCase(), value: value.join('=').trim() };
    })
    .filter(({ value }) => value !== '');
  const last = (name: string) => fields.findLast(({ key }) => key === name)?.value;
  const [suffix, location] = [last('endpointsuffix'), last('location')];
  const endpoints = fields.filter(({ key }) => key.endsWith('endpoint')).map(({ value }) => value);
  if (suffix !== undefined)
    endpoints.push(`https://${location === undefined ? '' : `${location}.`}dc.${suffix}`);
  const audiences = fields.filter(({ key }) => key === 'aadaudience').map(({ value }) => value);
  return (
    endpoints.every((url) => leadsTo('telemetry', url)) && audiences.every((url) => leadsTo('audience', url))
  );
}
