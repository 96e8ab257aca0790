using System.Numerics;
using BigGustave;
using OrleansWork.Testing;

namespace OrleansWork.Jobs.Tests.Jobs;

public sealed class MandelbrotTests
{
    private static readonly Pixel Black = new(0, 0, 0);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_Defaults_IsAPictureOfTheSet()
    {
        byte[] file = await RunAsync(new Mandelbrot.Input(300, 200));
        Assert.Equal([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], file[..8]);
        Png picture = Png.Open(file);
        Assert.Equal((300, 200), (picture.Width, picture.Height));
        Assert.Equal(Black, picture.GetPixel(150, 100));
        Assert.NotEqual(Black, picture.GetPixel(0, 0));
        int colors = Enumerable.Range(0, 300 * 200).Select(i => picture.GetPixel(i % 300, i / 300)).Distinct().Count();
        Assert.InRange(colors, 50, 256);
    }

    [Theory]
    [InlineData(600, 400)]
    [InlineData(400, 400)]
    [InlineData(300, 500)]
    [InlineData(1000, 100)]
    [InlineData(60, 900)]
    [InlineData(333, 251)]
    public async Task Run_AnyShape_ShowsTheWholeSetByDefault(int width, int height)
    {
        Png picture = Png.Open(await RunAsync(new Mandelbrot.Input(width, height, Iterations: 60)));
        int inside = 0;
        for (int row = 0; row < height; row++)
        {
            for (int column = 0; column < width; column++)
            {
                bool isBlack = picture.GetPixel(column, row).Equals(Black);
                inside += isBlack ? 1 : 0;
                if (row == 0 || row == height - 1 || column == 0 || column == width - 1)
                    Assert.False(isBlack, $"The set is cut at column {column}, row {row}.");
            }
        }

        // All of its area, whose points 60 steps overrate a little, and not a speck in a large void.
        double step = Math.Max(3.0 / width, 2.4 / height);
        Assert.InRange(inside * step * step, 1.4, 1.7);
    }

    [Fact]
    public async Task Run_InsideAndOutside_AgreeWithTheDefinition()
    {
        Mandelbrot.Input input = new(120, 80, Iterations: 300);
        Png picture = Png.Open(await RunAsync(input));
        int wrong = 0,
            inside = 0;
        for (int row = 0; row < input.Height; row++)
        {
            for (int column = 0; column < input.Width; column++)
            {
                Complex c = new(-0.75 + ((column - 59.5) * 2.4 / 80), -((row - 39.5) * 2.4 / 80));
                Complex z = 0;
                for (int i = 0; i < input.Iterations && z.Magnitude <= 256; i++)
                    z = (z * z) + c;
                bool stays = z.Magnitude <= 256;
                inside += stays ? 1 : 0;
                wrong += stays == picture.GetPixel(column, row).Equals(Black) ? 0 : 1;
            }
        }

        // The area of the set is 1.5066 (Mitchell 2001); 120 by 80 points cover 3.6 by 2.4.
        Assert.InRange(inside * 3.6 * 2.4 / (120 * 80), 1.4, 1.6);
        Assert.Equal(0, wrong);
    }

    [Fact]
    public async Task Run_RealAxis_IsAMirror()
    {
        Png picture = Png.Open(await RunAsync(new Mandelbrot.Input(90, 60, Iterations: 100, Palette: Mandelbrot.Palette.Fire)));
        for (int row = 0; row < 30; row++)
        {
            for (int column = 0; column < 90; column++)
                Assert.Equal(picture.GetPixel(column, row), picture.GetPixel(column, 59 - row));
        }
    }

    [Fact]
    public async Task Run_Twice_GivesTheSameBytes()
    {
        Mandelbrot.Input input = new(200, 150, -0.745, 0.1, 0.01);
        Assert.Equal(await RunAsync(input), await RunAsync(input));
    }

    [Fact]
    public async Task Run_Palettes_Differ()
    {
        HashSet<string> pictures = [];
        foreach (Mandelbrot.Palette palette in Enum.GetValues<Mandelbrot.Palette>())
            pictures.Add(Convert.ToHexString(await RunAsync(new Mandelbrot.Input(60, 40, Palette: palette))));
        Assert.Equal(Enum.GetValues<Mandelbrot.Palette>().Length, pictures.Count);
    }

    [Fact]
    public void Finish_BandSkipped_LeavesItBlackAndTheOthersInPlace()
    {
        Mandelbrot kind = new();
        Mandelbrot.Input input = new(500, 20);
        Assert.Equal(3, kind.CountUnits(input));
        UnitRunner units = new();
        byte[][] bands = [.. Enumerable.Range(0, 3).Select(unit => kind.RunUnit(input, unit, units.At(unit)))];
        Png whole = Png.Open(kind.Finish(input, [.. bands[0], .. bands[1], .. bands[2]]));
        Png part = Png.Open(kind.Finish(input, kind.Combine(bands[0], bands[2])));
        for (int row = 0; row < 20; row++)
            Assert.Equal(row is >= 8 and < 16 ? Black : whole.GetPixel(3, row), part.GetPixel(3, row));
        Assert.NotEqual(Black, whole.GetPixel(3, 10));
    }

    [Fact]
    public void RunUnit_LargestPicture_StaysBelowThePayloadLimit()
    {
        Mandelbrot kind = new();
        Mandelbrot.Input input = new(15_000, Mandelbrot.MaxPixels / 15_000, Iterations: 1);
        Assert.Empty(kind.Validate(input));
        int band = kind.RunUnit(input, 0, new UnitRunner().At(0)).Length;
        Assert.InRange(band * kind.CountUnits(input), Mandelbrot.MaxPixels, 16L << 20);
    }

    [Theory]
    [InlineData(0, 800, -0.75, 0, 3, 1000, "width")]
    [InlineData(1200, 20_000, -0.75, 0, 3, 1000, "height")]
    [InlineData(15_000, 15_000, -0.75, 0, 3, 1000, "height")]
    [InlineData(1200, 800, double.NaN, 0, 3, 1000, "centerX")]
    [InlineData(1200, 800, 0, 5, 3, 1000, "centerY")]
    [InlineData(1200, 800, 0, 0, 0, 1000, "scale")]
    [InlineData(1200, 800, 0, 0, 3, 0, "iterations")]
    public void Validate_WrongInput_NamesTheField(
        int width,
        int height,
        double centerX,
        double centerY,
        double scale,
        int iterations,
        string field
    )
    {
        Mandelbrot.Input input = new(width, height, centerX, centerY, scale, iterations);
        InputProblem problem = Assert.Single(new Mandelbrot().Validate(input));
        Assert.Equal(field, problem.Field);
        Assert.Contains(field, problem.Message, StringComparison.Ordinal);
    }

    private static Task<byte[]> RunAsync(Mandelbrot.Input input) => LocalRunner.RunAsync(new Mandelbrot(), input, cancellationToken: Token);
}
