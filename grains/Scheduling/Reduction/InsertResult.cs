namespace OrleansWork.Scheduling.Reduction;

/// <summary>Where an inserted value ended up after all merges that it made possible.</summary>
/// <param name="Node">The node that is held now and covers the inserted one.</param>
/// <param name="Handle">The handle of its value.</param>
/// <param name="Combines">How many times two siblings were combined.</param>
/// <param name="IsRoot">Whether the value is that of the whole job.</param>
internal readonly record struct InsertResult(TreeNode Node, long Handle, int Combines, bool IsRoot);
