using System.Buffers.Binary;
using System.ComponentModel;
using BigGustave;

namespace OrleansWork.Jobs;

/// <summary>Draws a part of the Mandelbrot set as a PNG; a unit is a band of rows.</summary>
/// <remarks>
/// Only IEEE 754 operations that are exact to the last bit are used, no mathematical functions: the pixels are the same on any machine,
/// and the file is wherever the runtime's deflate is the same.
/// </remarks>
[JobKind("mandelbrot", Version = 2, Description = "Draws a part of the Mandelbrot set as a PNG", MediaType = "image/png")]
public sealed class Mandelbrot : JobKind<Mandelbrot.Input, byte[], byte[]>
{
    /// <summary>The most pixels a picture may have: each takes a byte of the partial of all units.</summary>
    public const int MaxPixels = 15_000_000;

    // The set reaches from -2 to 0.47 and from -1.13i to 1.13i: 3 by 2.4 shows it whole, with a margin.
    private const double HeightOfScale = 0.8;
    private const int PixelsPerBand = 4096;
    private const int HeaderBytes = sizeof(int);

    /// <summary>Names this kind with its types.</summary>
    public static readonly JobKindRef<Input, byte[]> Kind = KindOf<Mandelbrot>();

    /// <summary>The colours of a picture.</summary>
    public enum Palette
    {
        /// <summary>Blue, white, gold, brown.</summary>
        Classic,

        /// <summary>Black, red, yellow, white.</summary>
        Fire,

        /// <summary>Shades of gray.</summary>
        Gray,
    }

    /// <summary>Which part of the complex plane to draw, and how.</summary>
    public sealed record Input(
        [property: Description("the picture's width in pixels, 1 to 15000")] int Width = 1200,
        [property: Description("the picture's height in pixels, 1 to 15000; width times height is at most 15 million")] int Height = 800,
        [property: Description("the real part of the centre, -4 to 4")] double CenterX = -0.75,
        [property: Description("the imaginary part of the centre, -4 to 4")] double CenterY = 0,
        [property: Description(
            "how much of the real axis the width shows, 10^-13 to 16; more in a picture so wide that its height would show less than 0.8 of it"
        )]
            double Scale = 3.0,
        [property: Description("after how many steps a point counts as inside, 1 to 10 million")] int Iterations = 1000,
        [property: Description("the colours")] Palette Palette = Palette.Classic
    );

    /// <inheritdoc/>
    public override IEnumerable<InputProblem> Validate(Input input)
    {
        if (input.Width is < 1 or > 15_000)
            yield return new("width", $"width is {input.Width}; it must be from 1 to 15000.");
        else if (input.Height is < 1 or > 15_000)
            yield return new("height", $"height is {input.Height}; it must be from 1 to 15000.");
        else if ((long)input.Width * input.Height > MaxPixels)
        {
            yield return new(
                "height",
                $"width times height is {(long)input.Width * input.Height}; a picture has at most {MaxPixels} pixels."
            );
        }

        if (!(input.CenterX is >= -4 and <= 4))
            yield return new("centerX", $"centerX is {input.CenterX}; it must be from -4 to 4.");
        if (!(input.CenterY is >= -4 and <= 4))
            yield return new("centerY", $"centerY is {input.CenterY}; it must be from -4 to 4.");
        if (!(input.Scale is >= 1e-13 and <= 16))
            yield return new("scale", $"scale is {input.Scale}; it must be from 1e-13, where double precision ends, to 16.");
        if (input.Iterations is < 1 or > 10_000_000)
            yield return new("iterations", $"iterations is {input.Iterations}; it must be from 1 to 10000000.");
        if (!Enum.IsDefined(input.Palette))
            yield return new("palette", $"palette is {input.Palette}; it must be classic, fire or gray.");
    }

    /// <inheritdoc/>
    public override long CountUnits(Input input) => ((input.Height - 1) / RowsOf(input)) + 1;

    /// <summary>Draws a band.</summary>
    /// <returns>The band's number, four bytes little-endian, then a colour's number for each pixel, row by row.</returns>
    public override byte[] RunUnit(Input input, long unit, UnitContext context)
    {
        (int from, int to) = BandOf(input, (int)unit);
        byte[] band = new byte[HeaderBytes + ((to - from) * input.Width)];
        BinaryPrimitives.WriteInt32LittleEndian(band, (int)unit);
        double step = StepOf(input);
        int next = HeaderBytes;
        for (int row = from; row < to; row++)
        {
            double y = input.CenterY - ((row - ((input.Height - 1) / 2.0)) * step);
            for (int column = 0; column < input.Width; column++)
            {
                context.CancellationToken.ThrowIfCancellationRequested();
                double x = input.CenterX + ((column - ((input.Width - 1) / 2.0)) * step);
                band[next++] = EscapeTime.ColorOf(x, y, input.Iterations);
            }
        }

        return band;
    }

    /// <summary>Puts bands one after the other.</summary>
    public override byte[] Combine(byte[] left, byte[] right) => [.. left, .. right];

    /// <summary>Assembles the picture; bands that were skipped stay black.</summary>
    public override byte[] Finish(Input input, byte[] partial)
    {
        Pixel[] colors = Colors.Of(input.Palette);
        PngBuilder picture = PngBuilder.Create(input.Width, input.Height, hasAlphaChannel: false);
        for (int next = 0; next < partial.Length; )
        {
            (int from, int to) = BandOf(input, BinaryPrimitives.ReadInt32LittleEndian(partial.AsSpan(next)));
            next += HeaderBytes;
            for (int row = from; row < to; row++)
            {
                for (int column = 0; column < input.Width; column++)
                    picture.SetPixel(colors[partial[next++]], column, row);
            }
        }

        using MemoryStream file = new();
        picture.Save(file);
        return file.ToArray();
    }

    /// <summary>Returns the distance of two pixels: whatever the picture's shape, <c>scale</c> by 0.8 <c>scale</c> around the centre is in it.</summary>
    private static double StepOf(Input input) => Math.Max(input.Scale / input.Width, HeightOfScale * input.Scale / input.Height);

    private static int RowsOf(Input input) => Math.Max(1, PixelsPerBand / input.Width);

    private static (int From, int To) BandOf(Input input, int band)
    {
        int rows = RowsOf(input);
        return (band * rows, Math.Min((band + 1) * rows, input.Height));
    }

    /// <summary>The 256 colours of a palette; colour 0 is the set itself, the others go round.</summary>
    private static class Colors
    {
        public static Pixel[] Of(Palette palette)
        {
            // Colours at equal distances on the ring, red, green, blue.
            int[] ring = palette switch
            {
                Palette.Fire => [0x000000, 0x5A0A02, 0xC42A04, 0xFF9012, 0xFFF0A0, 0xFF9012, 0xC42A04, 0x5A0A02],
                Palette.Gray => [0x101010, 0xF0F0F0],
                _ => [0x000764, 0x206BCB, 0xEDFFFF, 0xFFAA00, 0x7A3A06],
            };
            Pixel[] colors = new Pixel[256];
            colors[0] = new Pixel(0, 0, 0);
            for (int color = 1; color < colors.Length; color++)
            {
                int place = (color - 1) * ring.Length;
                int stop = place / EscapeTime.RingColors;
                int part = place % EscapeTime.RingColors;
                int left = ring[stop];
                int right = ring[(stop + 1) % ring.Length];
                colors[color] = new Pixel(Mix(left, right, part, 16), Mix(left, right, part, 8), Mix(left, right, part, 0));
            }

            return colors;
        }

        private static byte Mix(int left, int right, int part, int shift)
        {
            int from = (left >> shift) & 0xFF;
            int to = (right >> shift) & 0xFF;
            return (byte)(from + ((to - from) * part / EscapeTime.RingColors));
        }
    }
}

/// <summary>How soon z² + c leaves every bound: the escape time of a point, smoothed so that colours have no steps.</summary>
internal static class EscapeTime
{
    /// <summary>How many colours the ring has; the first one has number 1.</summary>
    public const int RingColors = 255;

    // Far outside 2, so that the smoothing is good.
    private const double Bailout = 65_536;

    /// <summary>Returns the number of a point's colour, 0 for points that stay.</summary>
    public static byte ColorOf(double x, double y, int iterations)
    {
        if (IsInMainBodies(x, y))
            return 0;
        double re = 0,
            im = 0,
            reSquared = 0,
            imSquared = 0,
            oldRe = 0,
            oldIm = 0;
        long check = 8;
        for (int i = 0; i < iterations; i++)
        {
            im = (2 * re * im) + y;
            re = reSquared - imSquared + x;
            reSquared = re * re;
            imSquared = im * im;
            double square = reSquared + imSquared;
            if (square > Bailout)
                return Ring(i + 1 - LogTwo(LogTwo(square) / 2));

            // A point that returns to where it was goes round for ever.
            if (re == oldRe && im == oldIm)
                return 0;
            if (i == check)
            {
                (oldRe, oldIm) = (re, im);
                check *= 2;
            }
        }

        return 0;
    }

    // The cardioid and the disc to its left are known to be inside.
    private static bool IsInMainBodies(double x, double y)
    {
        double ySquared = y * y;
        double fromFocus = x - 0.25;
        double q = (fromFocus * fromFocus) + ySquared;
        return q * (q + fromFocus) <= ySquared / 4 || ((x + 1) * (x + 1)) + ySquared <= 1.0 / 16;
    }

    // Once round the ring each time the escape time grows fourfold, so that near and far have colours.
    private static byte Ring(double time)
    {
        double place = LogTwo(Math.Max(time, 0) + 2) / 2;
        return (byte)(1 + (int)((place - Math.Floor(place)) * RingColors));
    }

    /// <summary>Approximates the logarithm to base two to 0.01, by a parabola between powers of two: exactly alike on every machine.</summary>
    private static double LogTwo(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)(bits >> 52) - 1023;
        double mantissa = BitConverter.Int64BitsToDouble((bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000);
        return exponent + ((2 - (mantissa / 3)) * mantissa) - (5.0 / 3);
    }
}
