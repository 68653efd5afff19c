// Shapes that several modules take.

@export()
@description('On every resource. azd finds an environment by it.')
type Tags = { 'azd-env-name': string }

@export()
@description('Credentials of Active Directory, by the NAME in AD_<NAME>_USERNAME, and whether a certificate authority comes with them.')
type ActiveDirectory = { name: string, ownCertificateAuthority: bool }
