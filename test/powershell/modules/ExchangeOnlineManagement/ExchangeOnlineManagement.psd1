@{
    RootModule        = 'ExchangeOnlineManagement.psm1'
    ModuleVersion     = '3.9.0'
    GUID              = '0b2c3e64-5b1a-4f0e-9e57-0f4b7a7f6b11'
    FunctionsToExport = '*'
}
