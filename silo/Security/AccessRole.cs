namespace OrleansWork.Silo.Security;

/// <summary>What a key lets its holder do by HTTP; each role may do all that those before it may.</summary>
internal enum AccessRole
{
    /// <summary>Looks: jobs, silos, metrics.</summary>
    Viewer,

    /// <summary>Submits jobs and controls them.</summary>
    Submitter,

    /// <summary>Brings code of its own.</summary>
    Author,

    /// <summary>Does everything.</summary>
    Operator,
}
