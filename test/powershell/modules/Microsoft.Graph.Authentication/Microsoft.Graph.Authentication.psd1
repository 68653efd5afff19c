@{
    RootModule        = 'Microsoft.Graph.Authentication.psm1'
    ModuleVersion     = '1.0.0'
    GUID              = '3e820f6b-c875-4de5-9875-e78b79d3674c'
    FunctionsToExport = '*'
}
