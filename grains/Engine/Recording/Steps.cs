namespace OrleansWork.Engine.Recording;

/// <summary>Finds how wide the columns of an answer are that is made of narrower ones.</summary>
internal static class Steps
{
    /// <summary>Returns the least multiple of a width that is no less than what is wanted.</summary>
    public static double Of(double width, double wanted) => width * Math.Max(1, Math.Ceiling((wanted / width) - 1e-9));
}
