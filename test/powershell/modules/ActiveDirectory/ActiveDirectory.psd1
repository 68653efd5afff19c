@{
    RootModule        = 'ActiveDirectory.psm1'
    ModuleVersion     = '1.0.0'
    GUID              = '23f7d1bb-6cd6-46a1-911e-38015a8f70aa'
    FunctionsToExport = '*'
}
