import { expect, test } from '@jest/globals';
import { createMeter, resourceUnitsOf } from '../../lib/entra/meter.ts';

test.each([
  ['GET', '/users', 2],
  ['GET', '/users?$select=id', 1],
  ['GET', '/users?$top=999&$count=true', 2],
  ['GET', '/users?$top=19', 1],
  ['GET', '/users?$top=19&$select=id', 1],
  ['GET', '/users?$expand=manager', 3],
  ['GET', '/users?$expand=manager&$select=id', 2],
  ['GET', 'https://graph.microsoft.com/v1.0/users?$skiptoken=x', 2],
  ['GET', '/users/00000000-0000-4000-8000-000000000001?$select=id', 1],
  ['GET', '/organization', 1],
  ['DELETE', '/directory/deletedItems/00000000-0000-4000-8000-000000000001', 1],
])('%s %s costs %d by the documentation', (method, url, units) => {
  expect(resourceUnitsOf(method, url)).toBe(units);
});

test('what the service says counts before the documentation, where it makes sense', () => {
  const meter = createMeter();
  for (const told of ['5', null, undefined, '', '-1', '1.5', 'many', '9'.repeat(30)]) {
    meter.charge('GET', '/organization', told);
  }
  expect(meter.usage().resourceUnits).toBe(5 + 7);
});
